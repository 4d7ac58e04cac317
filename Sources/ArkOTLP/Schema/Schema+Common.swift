extension Schema {
  static let keyValue = MessageType([
    MessageField(1, "key", .string),
    MessageField(2, "value", .anyValue),
    MessageField(3, "keyStrindex", .int32),
  ])

  static let entityRef = MessageType([
    MessageField(1, "schemaUrl", .string),
    MessageField(2, "type", .string),
    MessageField(3, "idKeys", .string, isRepeated: true),
    MessageField(4, "descriptionKeys", .string, isRepeated: true),
  ])

  static let resource = MessageType([
    MessageField(1, "attributes", .keyValue, role: .attributes, isRepeated: true),
    MessageField(2, "droppedAttributesCount", .uint32),
    MessageField(3, "entityRefs", .message, isRepeated: true, message: entityRef),
  ])

  static let scope = MessageType([
    MessageField(1, "name", .string),
    MessageField(2, "version", .string),
    MessageField(3, "attributes", .keyValue, isRepeated: true),
    MessageField(4, "droppedAttributesCount", .uint32),
  ])
}
