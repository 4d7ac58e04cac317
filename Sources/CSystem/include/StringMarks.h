// Which bytes of a JSON string are not plain text, one bit a byte, the first byte lowest: the processor compares sixteen at a time, Swift's vectors one.
#pragma once

#include <stdint.h>
#include <string.h>

typedef uint8_t ark_lanes __attribute__((vector_size(16)));

static inline ark_lanes ark_lanes_at(const void *bytes) {
  ark_lanes lanes;
  memcpy(&lanes, bytes, sizeof lanes);
  return lanes;
}

static inline ark_lanes ark_every_lane(uint8_t byte) {
  return (ark_lanes){byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte};
}

// The top bit of each lane.
static inline uint32_t ark_top_bits(ark_lanes lanes) {
#if defined(__SSE2__) && !defined(ARK_PORTABLE_MARKS)
  typedef char signed_lanes __attribute__((vector_size(16)));
  return (uint32_t)__builtin_ia32_pmovmskb128((signed_lanes)lanes);
#else
  uint64_t words[2];
  memcpy(words, &lanes, sizeof words);
  // Little-endian, as everything that Swift runs on: the product has the eight top bits side by side in its own top byte.
  uint64_t low = (words[0] & 0x8080808080808080u) * 0x0002040810204081u >> 56;
  uint64_t high = (words[1] & 0x8080808080808080u) * 0x0002040810204081u >> 56;
  return (uint32_t)(low | high << 8);
#endif
}

static inline uint64_t ark_top_bits_of_four(ark_lanes a, ark_lanes b, ark_lanes c, ark_lanes d) {
  return (uint64_t)(ark_top_bits(a) | ark_top_bits(b) << 16) | (uint64_t)(ark_top_bits(c) | ark_top_bits(d) << 16) << 32;
}

// Quotes, backslashes, control characters and what is not ASCII, among sixteen bytes.
static inline uint32_t ark_string_marks_16(const void *bytes) {
  ark_lanes lanes = ark_lanes_at(bytes);
  return ark_top_bits((ark_lanes)(lanes == ark_every_lane('"')) | (ark_lanes)(lanes == ark_every_lane('\\')) |
                      (ark_lanes)(lanes < ark_every_lane(0x20)) | lanes);
}

struct ark_string_marks {
  uint64_t quotes, backslashes, controls, beyondASCII;
};

// The same among 64 bytes, each kind by itself.
static inline struct ark_string_marks ark_string_marks_64(const void *bytes) {
  const char *start = (const char *)bytes;
  ark_lanes a = ark_lanes_at(start), b = ark_lanes_at(start + 16), c = ark_lanes_at(start + 32), d = ark_lanes_at(start + 48);
  ark_lanes quote = ark_every_lane('"'), backslash = ark_every_lane('\\'), space = ark_every_lane(' ');
  struct ark_string_marks marks = {
      ark_top_bits_of_four((ark_lanes)(a == quote), (ark_lanes)(b == quote), (ark_lanes)(c == quote), (ark_lanes)(d == quote)),
      ark_top_bits_of_four((ark_lanes)(a == backslash), (ark_lanes)(b == backslash), (ark_lanes)(c == backslash), (ark_lanes)(d == backslash)),
      ark_top_bits_of_four((ark_lanes)(a < space), (ark_lanes)(b < space), (ark_lanes)(c < space), (ark_lanes)(d < space)),
      ark_top_bits_of_four(a, b, c, d),
  };
  return marks;
}

// Letters that a backslash makes a control character of in four of five cases: b, f, n, r, t.
static inline ark_lanes ark_is_control_letter(ark_lanes lanes) {
  return (ark_lanes)(lanes == ark_every_lane('b')) | (ark_lanes)(lanes == ark_every_lane('f')) | (ark_lanes)(lanes == ark_every_lane('n')) |
         (ark_lanes)(lanes == ark_every_lane('r')) | (ark_lanes)(lanes == ark_every_lane('t'));
}

static inline uint64_t ark_control_letters_64(const void *bytes) {
  const char *start = (const char *)bytes;
  return ark_top_bits_of_four(ark_is_control_letter(ark_lanes_at(start)), ark_is_control_letter(ark_lanes_at(start + 16)),
                              ark_is_control_letter(ark_lanes_at(start + 32)), ark_is_control_letter(ark_lanes_at(start + 48)));
}
