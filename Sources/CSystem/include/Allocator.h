// What the allocator keeps of memory that was given back.
#pragma once

#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>

/// Keeps less than `bytes` at each thread's disposal, and nothing of blocks of that size and more. By itself glibc raises both bounds to the largest block that it ever saw, up to 32 MiB and 64 MiB.
static inline void ark_allocator_keep(size_t bytes) {
  mallopt(M_MMAP_THRESHOLD, (int)bytes);
  mallopt(M_TRIM_THRESHOLD, (int)bytes);
}

#else

static inline void ark_allocator_keep(size_t bytes) { (void)bytes; }

#endif
