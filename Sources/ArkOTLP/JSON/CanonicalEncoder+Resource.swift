import ArkBroker

extension CanonicalEncoder {
  /// resource.v1.Resource without the closing brace, so that the schema URL can follow.
  mutating func resource() throws(JSONError) {
    var message = try begin()
    while let key = try reader.nextKey() {
      if key == "attributes" {
        try attributes(1, &message, noting: true)
      } else if key.isNamed("droppedAttributesCount", "dropped_attributes_count") {
        try uint32(2, ",\"droppedAttributesCount\":", &message)
      } else if key.isNamed("entityRefs", "entity_refs") {
        try list(3, ",\"entityRefs\":[", &message) { (encoder) throws(JSONError) in
          try encoder.entityRef()
        }
      } else {
        try reader.skipValue()
      }
    }
    settle(message)
  }

  /// common.v1.EntityRef.
  private mutating func entityRef() throws(JSONError) {
    var message = try begin()
    while let key = try reader.nextKey() {
      if key.isNamed("schemaUrl", "schema_url") {
        _ = try string(1, ",\"schemaUrl\":", &message)
      } else if key == "type" {
        _ = try string(2, ",\"type\":", &message)
      } else if key.isNamed("idKeys", "id_keys") {
        try list(3, ",\"idKeys\":[", &message) { (encoder) throws(JSONError) in
          encoder.out.appendJSON(try encoder.reader.readString())
        }
      } else if key.isNamed("descriptionKeys", "description_keys") {
        try list(4, ",\"descriptionKeys\":[", &message) { (encoder) throws(JSONError) in
          encoder.out.appendJSON(try encoder.reader.readString())
        }
      } else {
        try reader.skipValue()
      }
    }
    end(message)
  }

  /// common.v1.InstrumentationScope without the closing brace, so that the schema URL can follow.
  mutating func scope() throws(JSONError) {
    var message = try begin()
    while let key = try reader.nextKey() {
      if key == "name" {
        _ = try string(1, ",\"name\":", &message)
      } else if key == "version" {
        _ = try string(2, ",\"version\":", &message)
      } else if key == "attributes" {
        try attributes(3, &message)
      } else if key.isNamed("droppedAttributesCount", "dropped_attributes_count") {
        try uint32(4, ",\"droppedAttributesCount\":", &message)
      } else {
        try reader.skipValue()
      }
    }
    settle(message)
  }
}
