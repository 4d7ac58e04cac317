/// A place in a `Slab`, or nowhere. Half the size of a reference, and it costs no counting.
struct Slot: Hashable, Sendable {
  let number: UInt32

  static var nowhere: Slot { Slot(number: .max) }
}

/// Elements in one allocation that keep their places while others come and go.
struct Slab<Element: Sendable>: Sendable {
  private var elements: [Element] = []
  private var vacant: [Slot] = []
  /// What stands where there is no element, so that nothing is kept alive there.
  private let blank: Element

  init(blank: Element) { self.blank = blank }

  var count: Int { elements.count - vacant.count }

  /// How many places there are, vacant ones included.
  var capacity: Int { elements.count }

  subscript(slot: Slot) -> Element {
    @inline(__always) get { elements[Int(slot.number)] }
    @inline(__always) _modify { yield &elements[Int(slot.number)] }
  }

  mutating func insert(_ element: Element) -> Slot {
    if let slot = vacant.popLast() {
      elements[Int(slot.number)] = element
      return slot
    }
    elements.append(element)
    return Slot(number: UInt32(elements.count - 1))
  }

  mutating func remove(_ slot: Slot) {
    elements[Int(slot.number)] = blank
    vacant.append(slot)
  }
}
