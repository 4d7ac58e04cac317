/// Why a JSON text was refused, and at which byte.
///
/// Carries no part of the text: what stands there may be private.
@usableFromInline package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was wrong. Decoders on top of the reader add codes of their own, numbered from 100.
  @usableFromInline package struct Code: Equatable, Sendable {
    package let message: StaticString
    let number: UInt8

    package init(_ number: UInt8, _ message: StaticString) {
      self.number = number
      self.message = message
    }

    @usableFromInline package static func == (left: Code, right: Code) -> Bool {
      left.number == right.number
    }
  }

  package let code: Code
  /// Bytes before the place of the error.
  package let offset: Int

  @usableFromInline package init(_ code: Code, at offset: Int) {
    self.code = code
    self.offset = offset
  }

  @usableFromInline package var description: String { "\(code.message) at byte \(offset)" }
}

extension JSONError.Code {
  @usableFromInline package static var unexpectedEnd: Self { Self(0, "JSON ends too early") }
  @usableFromInline package static var expectedValue: Self { Self(1, "expected a JSON value") }
  @usableFromInline package static var expectedObject: Self { Self(2, "expected an object") }
  @usableFromInline package static var expectedArray: Self { Self(3, "expected an array") }
  @usableFromInline package static var expectedString: Self { Self(4, "expected a string") }
  @usableFromInline package static var expectedNumber: Self { Self(5, "expected a number") }
  @usableFromInline package static var expectedBool: Self { Self(6, "expected true or false") }
  @usableFromInline package static var expectedKey: Self {
    Self(7, "expected a quoted member name")
  }
  @usableFromInline package static var expectedColon: Self {
    Self(8, "expected ':' after a member name")
  }
  @usableFromInline package static var expectedCommaOrBrace: Self {
    Self(9, "expected ',' or '}' after a member")
  }
  @usableFromInline package static var expectedCommaOrBracket: Self {
    Self(10, "expected ',' or ']' after an element")
  }
  @usableFromInline package static var trailingBytes: Self {
    Self(11, "expected nothing after the JSON value")
  }
  @usableFromInline package static var invalidNumber: Self {
    Self(12, "expected a digit of a JSON number")
  }
  @usableFromInline package static var invalidEscape: Self {
    Self(13, "expected a valid escape after '\\'")
  }
  @usableFromInline package static var loneSurrogate: Self {
    Self(14, "a \\u escape is half of a surrogate pair, which is no character")
  }
  @usableFromInline package static var controlCharacter: Self {
    Self(15, "a control character must be escaped inside a string")
  }
  @usableFromInline package static var invalidUTF8: Self { Self(16, "the text is not valid UTF-8") }
  @usableFromInline package static var tooDeep: Self { Self(17, "nested too deeply") }
  @usableFromInline package static var numberOutOfRange: Self {
    Self(18, "the number is out of range")
  }
}
