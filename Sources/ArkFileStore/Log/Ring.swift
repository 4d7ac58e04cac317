/// The last so many things that were noted: one more takes the place of the oldest.
struct Ring<Element: Sendable>: Sendable {
  private let capacity: Int
  private(set) var elements: [Element] = []
  private var next = 0

  init(capacity: Int) { self.capacity = capacity }

  mutating func note(_ element: Element) {
    if elements.count < capacity {
      elements.append(element)
    } else {
      elements[next] = element
      next = (next + 1) % capacity
    }
  }
}
