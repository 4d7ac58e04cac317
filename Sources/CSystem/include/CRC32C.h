// CRC-32C (Castagnoli; RFC 3720, appendix B.4) by the processor's own instruction where there is one.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
static inline int ark_crc32c_has_instruction(void) { return __builtin_cpu_supports("sse4.2"); }

__attribute__((target("sse4.2"))) static inline uint32_t ark_crc32c_by_instruction(
    uint32_t state, const void *bytes, size_t count) {
  const unsigned char *next = (const unsigned char *)bytes;
  uint64_t crc = state;
  while (count >= 8) {
    uint64_t word;
    memcpy(&word, next, 8);
    crc = __builtin_ia32_crc32di(crc, word);
    next += 8;
    count -= 8;
  }
  uint32_t rest = (uint32_t)crc;
  while (count > 0) {
    rest = __builtin_ia32_crc32qi(rest, *next);
    next += 1;
    count -= 1;
  }
  return rest;
}

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>

static inline int ark_crc32c_has_instruction(void) { return 1; }

static inline uint32_t ark_crc32c_by_instruction(
    uint32_t state, const void *bytes, size_t count) {
  const unsigned char *next = (const unsigned char *)bytes;
  while (count >= 8) {
    uint64_t word;
    memcpy(&word, next, 8);
    state = __crc32cd(state, word);
    next += 8;
    count -= 8;
  }
  while (count > 0) {
    state = __crc32cb(state, *next);
    next += 1;
    count -= 1;
  }
  return state;
}

#else

static inline int ark_crc32c_has_instruction(void) { return 0; }

static inline uint32_t ark_crc32c_by_instruction(
    uint32_t state, const void *bytes, size_t count) {
  (void)bytes;
  (void)count;
  return state;
}

#endif
