// Load of Ark's controller: POST /events over many connections, each of which waits for an answer before it sends the next event.
//
//   emitters PORT CONNECTIONS SECONDS START
//
// Events are numbered from START: each query has 40, each session 25 queries. At the end every answer is waited for, so that what was acknowledged is known to the event.
// Prints one line of name=value pairs; exit status 1 when an event was refused.
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "load.h"

struct connection {
  int fd;
  double sent;
  size_t used;
  char answer[4096];
};

static const char *reasons[] = {"QueryExecutionStart", "AgentExecutionStart", "LLMCallStart", "LLMCallComplete",
                                "ToolCallStart", "ToolCallComplete", "AgentExecutionComplete", "QueryExecutionComplete"};
static long number, acknowledged, refused;
static uint32_t *waits;
static size_t room;

static void emit(struct connection *self) {
  char body[1024], request[2048];
  long query = number / 40, session = query / 25;
  int length = snprintf(
      body, sizeof body,
      "{\"timestamp\":\"2026-08-20T10:15:30.%09ldZ\",\"eventType\":\"Normal\",\"reason\":\"%s\",\"message\":\"Tool execution completed successfully\","
      "\"data\":{\"conversationId\":\"c-%06ld\",\"durationMs\":\"812.44\",\"parameters\":\"{\\\"city\\\":\\\"Paris\\\"}\",\"queryId\":\"uid-%07ld\","
      "\"queryName\":\"query-%07ld\",\"queryNamespace\":\"default\",\"sessionId\":\"s-%06ld\",\"toolId\":\"call_abc\",\"toolName\":\"get_weather\",\"toolType\":\"mcp\"}}",
      number % 1000000000, reasons[number % 8], session, query, query, session);
  int whole = snprintf(request, sizeof request,
                       "POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", length, body);
  number++;
  self->sent = now();
  self->used = 0;
  send_all(self->fd, request, whole);
}

// Whether the answer is there as a whole.
static int take(struct connection *self) {
  ssize_t got = recv(self->fd, self->answer + self->used, sizeof self->answer - 1 - self->used, 0);
  if (got <= 0) fail("recv");
  self->used += got;
  self->answer[self->used] = 0;
  return whole_body(self->answer, self->used, sizeof self->answer - 1) != NULL;
}

static void note(struct connection *self) {
  if (!strncmp(self->answer, "HTTP/1.1 201 ", 13)) {
    acknowledged++;
  } else {
    if (!refused) fprintf(stderr, "emitters: the answer was %s\n", self->answer);
    refused++;
  }
  size_t place = acknowledged + refused - 1;
  if (place == room && !(waits = realloc(waits, (room = room ? room * 2 : 1 << 20) * sizeof *waits))) fail("realloc");
  waits[place] = (now() - self->sent) * 1e6;
}

static int ascending(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

int main(int count, char **arguments) {
  if (count != 5) return fprintf(stderr, "usage: emitters PORT CONNECTIONS SECONDS START\n"), 64;
  port = atoi(arguments[1]);
  int connections = atoi(arguments[2]), waiting = connections, poll = epoll_create1(0);
  number = atol(arguments[4]);
  struct connection *all = calloc(connections, sizeof *all);
  struct epoll_event events[256];
  for (int i = 0; i < connections; i++) {
    all[i].fd = dial();
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &event)) fail("epoll_ctl");
  }
  double start = now(), end = start + atof(arguments[3]);
  for (int i = 0; i < connections; i++) emit(&all[i]);
  while (waiting) {
    int ready = epoll_wait(poll, events, 256, -1);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < ready; i++) {
      struct connection *self = events[i].data.ptr;
      if (!take(self)) continue;
      note(self);
      if (now() < end) emit(self);
      else waiting--;
    }
  }
  double took = now() - start;
  size_t answers = acknowledged + refused;
  qsort(waits, answers, sizeof *waits, ascending);
  printf("emitters requests_per_second=%.0f acknowledged=%ld refused=%ld p50_us=%u p99_us=%u\n", answers / took, acknowledged, refused,
         waits[answers / 2], waits[answers * 99 / 100]);
  return refused != 0;
}
