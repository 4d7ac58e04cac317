/// Publications that are stored together.
struct PublicationGroup: Sendable {
  /// All their events, one publication's behind the other's.
  let batch: EventBatch
  let publications: [Publication]

  /// Each publication alone.
  var parts: [PublicationGroup] {
    var start = 0
    return publications.map { publication in
      let events = batch.selection.part(start..<start + publication.count)
      start += publication.count
      return PublicationGroup(
        batch: EventBatch(storage: batch.storage, selection: events), publications: [publication])
    }
  }
}
