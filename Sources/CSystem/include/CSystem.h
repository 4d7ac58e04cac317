// What `import Glibc` does not show: epoll, eventfd and accept4. Header-only; empty on other systems.
#pragma once

#if defined(__linux__)
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);

// EPOLLET is bit 31, which Swift imports as a negative enum value that cannot be combined with the others.
static const uint32_t ark_epoll_edge_triggered = 1u << 31;
#endif
