import ArkBroker

/// Whoever starts a broker wants to know at once that nobody can reach it.
extension HTTPServerError: UnrecoverableError {}
