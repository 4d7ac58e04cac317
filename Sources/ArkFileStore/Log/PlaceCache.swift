import ArkBroker
import Synchronization

/// Where the next record is behind positions that readers have come to, so that who reads on need not search.
final class PlaceCache: Sendable {
  private struct Place: Sendable {
    var path: String
    var position: Position
    var offset: Int
  }

  private static let capacity = 64
  private let ring = Mutex<(places: [Place], next: Int)>(([], 0))

  func offset(behind position: Position, in path: String) -> Int? {
    ring.withLock { ring in
      ring.places.first { $0.position == position && $0.path == path }?.offset
    }
  }

  func note(_ offset: Int, behind position: Position, in path: String) {
    let place = Place(path: path, position: position, offset: offset)
    ring.withLock { ring in
      if ring.places.count < PlaceCache.capacity {
        ring.places.append(place)
      } else {
        ring.places[ring.next] = place
        ring.next = (ring.next + 1) % PlaceCache.capacity
      }
    }
  }
}
