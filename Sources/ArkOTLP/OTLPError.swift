import ArkBroker

/// Why an OTLP request was refused as a whole. Nothing of it was stored.
///
/// Says which field is wrong and what would be right; carries no values of the request, and of its JSON's names only such as look like names.
package struct OTLPError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What went wrong, for a program.
  package struct Code: Equatable, Sendable {
    private let name: StaticString

    /// The body is not what its content type says, or breaks the encoding's rules. Sending it again
    /// cannot help.
    package static let malformed = Code(name: "malformed")
    /// The request makes more than the receiver is willing to hold.
    package static let tooLarge = Code(name: "tooLarge")

    package static func == (left: Code, right: Code) -> Bool {
      left.name.utf8Start == right.name.utf8Start
    }
  }

  package let code: Code
  /// Where, as `resourceSpans[0].scopeSpans[0].spans[3].kind`; empty for the whole request.
  package let field: String
  /// What was wrong and what would be right.
  package let reason: String

  package init(_ code: Code, field: String, reason: String) {
    self.code = code
    self.field = field
    self.reason = reason
  }

  init(_ error: JSONError, in request: UnsafeRawBufferPointer) {
    self.init(
      .malformed, field: JSONLocation.path(in: request, at: error.offset),
      reason: "\(error.code.message) (byte \(error.offset))")
  }

  init(_ error: ProtobufError, in request: UnsafeRawBufferPointer, _ schema: SignalSchema) {
    self.init(
      .malformed, field: ProtobufLocation.path(in: request, at: error.offset, schema),
      reason: "\(error.code.message) (byte \(error.offset))")
  }

  /// More would come of a request than it may become.
  static func tooLarge(_ signal: OTLPSignal, limit: Int) -> OTLPError {
    OTLPError(
      .tooLarge, field: "",
      reason:
        "the \(signal.recordName.several) with their resources take more than the \(limit) bytes"
        + " that are allowed; send fewer a request")
  }

  package var description: String { field.isEmpty ? reason : "\(field): \(reason)" }
}
