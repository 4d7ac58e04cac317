// What the load clients have in common: a clock, and connections to a server on this machine.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int port;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what) {
  fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, errno ? strerror(errno) : "unexpected");
  exit(2);
}

static int dial(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static void send_all(int fd, const char *data, size_t count) {
  while (count) {
    ssize_t sent = send(fd, data, count, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) fail("send");
    data += sent;
    count -= sent;
  }
}

// Where the body of an answer begins, once all of it is there; else NULL. The text has a zero behind it.
__attribute__((unused)) static const char *whole_body(const char *answer, size_t used, size_t room) {
  const char *end = strstr(answer, "\r\n\r\n"), *field = strcasestr(answer, "\r\nContent-Length:");
  if (!end) return NULL;
  end += 4;
  // Node sends chunks unless it is told the length.
  if (!field || field > end) return used > 5 && !strcmp(answer + used - 5, "0\r\n\r\n") ? end : NULL;
  size_t count = strtoul(field + 17, NULL, 10);
  if (end - answer + count > room) fail("a long answer");
  if (used > end - answer + count) fail("more than an answer");
  return used < end - answer + count ? NULL : end;
}
