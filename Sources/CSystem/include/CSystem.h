// What Swift does not show by itself: epoll, eventfd, accept4, fallocate, the checksum instruction, comparing many bytes at once and the bounds of the allocator. Header-only.
#pragma once

#include "Allocator.h"
#include "CRC32C.h"
#include "StringMarks.h"

#if defined(__linux__)
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// Declared in <fcntl.h> only for _GNU_SOURCE.
int fallocate(int descriptor, int mode, __off_t offset, __off_t count);

int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);

// EPOLLET is bit 31, which Swift imports as a negative enum value that cannot be combined with the others.
static const uint32_t ark_epoll_edge_triggered = 1u << 31;
#endif
