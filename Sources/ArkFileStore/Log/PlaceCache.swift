import ArkBroker
import Synchronization

/// Where the next record is behind positions that readers have come to, so that who reads on need not search.
final class PlaceCache: Sendable {
  private struct Place: Sendable {
    var path: String
    var position: Position
    var offset: Int
  }

  private let places = Mutex(Ring<Place>(capacity: 64))

  func offset(behind position: Position, in path: String) -> Int? {
    places.withLock { places in
      places.elements.first { $0.position == position && $0.path == path }?.offset
    }
  }

  func note(_ offset: Int, behind position: Position, in path: String) {
    places.withLock { $0.note(Place(path: path, position: position, offset: offset)) }
  }
}
