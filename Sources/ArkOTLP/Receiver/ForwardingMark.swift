/// The header by which a broker knows a request that it has sent itself, so that one which forwards to itself does not go round for ever.
package enum ForwardingMark {
  /// Its value is the id of the broker that sent the request.
  package static let header = "Ark-Forwarded-By"
}
