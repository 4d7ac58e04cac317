import ArkBroker
import ArkHTTP

/// Reads bodies that are one JSON object.
enum RequestBody {
  /// - Throws: a 400 that says what is wrong, at which byte.
  static func members(
    _ names: [StaticString], of body: UnsafeRawBufferPointer
  ) throws(HTTPError) -> ObjectMembers {
    do throws(JSONError) {
      return try ObjectMembers(names, of: body)
    } catch {
      if error.code == .expectedObject {
        var reader = JSONReader(body)
        if let value = try? reader.readRawValue() {
          throw .validation([issue("body", expected: "object", value)])
        }
      }
      throw .validation(["body: the JSON is not valid: \(error)"])
    }
  }

  static func issue(
    _ path: String, expected type: String, _ value: UnsafeRawBufferPointer?
  ) -> String {
    "\(path): Invalid input: expected \(type), received \(JSONValue.typeName(value))"
  }

  /// Notes the members that would become attributes of an event and cannot: it could not be posted to another feed.
  /// - Parameter path: of the object, with a dot.
  static func checkAttributes(
    _ members: ObjectMembers, _ names: ArraySlice<StaticString>, at path: String = "",
    _ issues: inout [String]
  ) {
    for place in names.indices where !members.canBeAttribute(place) {
      issues.append(controlCharacters(in: "\(path)\(names[place])"))
    }
  }

  static func controlCharacters(in path: String) -> String {
    "\(path): Invalid input: must not hold control characters"
  }

  /// How long an item is to be kept.
  /// - Parameter value: the member `ttl_seconds`.
  static func timeToLive(
    _ value: UnsafeRawBufferPointer?, default timeToLive: Duration?, _ issues: inout [String]
  ) -> Duration? {
    guard let value else { return timeToLive }
    guard let seconds = JSONValue.number(value), seconds.isFinite else {
      issues.append(issue("ttl_seconds", expected: "number", value))
      return nil
    }
    // What has no time left goes as soon as a store can let it go.
    return .seconds(min(max(seconds, 1), Double(Int32.max)))
  }
}
