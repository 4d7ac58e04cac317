// Load for a server of events: many subscribers, one publisher, every event checked at every subscriber.
//
//   fanout PORT SUBSCRIBE-PATH PUBLISH-PATH SUBSCRIBERS RATE SECONDS BYTES [SLOW]
//
// RATE 0 publishes as fast as it is acknowledged. SLOW subscribers more read 1 KiB a second and are not counted. Each event carries a number one higher than the last; a
// subscriber that sees another number has lost or repeated one. Prints one line of name=value pairs; exit status 1 when anything was lost or repeated.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "load.h"

enum { DIGITS = 10, WINDOW = 32, CHUNK = 1 << 18 };
static const char MARK[] = "\"n\":\"";
enum { MARK_LENGTH = sizeof MARK - 1, TAIL = MARK_LENGTH + DIGITS };

struct subscriber {
  int fd;
  long last;
  long received;
  int held;
  char tail[TAIL];
};

static int rate, seconds, bytes;
static const char *publish_path;
static atomic_long published, acknowledged;
static atomic_int finished;
static long lost, repeated;
static double published_for;

static int subscribe(const char *path) {
  char request[512];
  int fd = dial();
  int length = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n", path);
  send_all(fd, request, length);
  return fd;
}

// Publishes CloudEvents of the wanted size with up to WINDOW of them not yet acknowledged.
static void *publisher(void *unused) {
  (void)unused;
  char *body = malloc(bytes + 1024), *request = malloc(bytes + 2048), answers[65536];
  int fd = dial(), held = 0;
  double start = now(), end = start + seconds;
  while (now() < end) {
    long due = rate ? (long)((now() - start) * rate) : published + WINDOW;
    int length = 0;
    while (published < due && published - acknowledged < WINDOW) {
      long number = published + 1;
      int head = sprintf(body,
                         "{\"specversion\":\"1.0\",\"id\":\"%d-%ld\",\"source\":\"/fanout\",\"type\":\"ark.llm.chunk\","
                         "\"arksession\":\"s-000001\",\"arkquery\":\"q-000001\",\"data\":{\"n\":\"%0*ld\",\"text\":\"",
                         (int)getpid(), number, DIGITS, number);
      int fill = bytes - head - 3 > 0 ? bytes - head - 3 : 0;
      memset(body + head, 'x', fill);
      memcpy(body + head + fill, "\"}}", 3);
      int count = head + fill + 3;
      length = sprintf(request,
                       "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/cloudevents+json\r\n"
                       "Content-Length: %d\r\n\r\n",
                       publish_path, count);
      memcpy(request + length, body, count);
      send_all(fd, request, length + count);
      published++;
    }
    if (published > acknowledged) {
      // Answers are told apart by their status lines; bodies never hold one.
      ssize_t got = recv(fd, answers + held, sizeof answers - held - 1, rate ? MSG_DONTWAIT : 0);
      if (got == 0) fail("the server closed the publisher's connection");
      if (got > 0) {
        held += got;
        answers[held] = 0;
        char *place = answers, *found;
        while ((found = strstr(place, "HTTP/1.1 "))) {
          if (answers + held - found < 12) break;
          if (found[9] != '2') {
            fprintf(stderr, "fanout: publishing failed: %.60s\n", found);
            exit(2);
          }
          acknowledged++;
          place = found + 12;
        }
        int keep = answers + held - place < 12 ? (int)(answers + held - place) : 11;
        memmove(answers, answers + held - keep, keep);
        held = keep;
        // What is kept must not hold a status line that has been counted.
        answers[held] = 0;
        if (strstr(answers, "HTTP/1.1 ")) held = 0;
      }
    }
    if (rate) usleep(200);
  }
  published_for = now() - start;
  finished = 1;
  return NULL;
}

static void scan(struct subscriber *who, char *data, long count) {
  char *place = data, *end = data + count;
  while ((place = memmem(place, end - place, MARK, MARK_LENGTH)) && end - place >= TAIL) {
    long number = strtol(place + MARK_LENGTH, NULL, 10);
    if (number > who->last + 1) lost += number - who->last - 1;
    if (number <= who->last) repeated++;
    else who->last = number;
    who->received++;
    place += TAIL;
  }
  // The last bytes may be the beginning of a marker.
  if (!place) place = count >= MARK_LENGTH ? end - (MARK_LENGTH - 1) : data;
  who->held = end - place;
  memmove(who->tail, place, who->held);
}

// How long nothing must come before it is over: a second in case something is repeated, and more as long as something is missing.
static int patience(const struct subscriber *all, int count) {
  for (int i = 0; i < count; i++)
    if (all[i].last < published) return 10;
  return 1;
}

static void *slow_reader(void *fd) {
  char data[1024];
  while (!finished) {
    if (recv((int)(long)fd, data, sizeof data, 0) <= 0) break;
    for (int tenth = 0; tenth < 10 && !finished; tenth++) usleep(100000);
  }
  return NULL;
}

int main(int count, char **arguments) {
  if (count < 8) {
    fprintf(stderr, "usage: fanout PORT SUBSCRIBE-PATH PUBLISH-PATH SUBSCRIBERS RATE SECONDS BYTES [SLOW]\n");
    return 2;
  }
  port = atoi(arguments[1]);
  publish_path = arguments[3];
  int subscribers = atoi(arguments[4]);
  rate = atoi(arguments[5]), seconds = atoi(arguments[6]), bytes = atoi(arguments[7]);
  int slow = count > 8 ? atoi(arguments[8]) : 0;
  struct rlimit files = {20000, 20000};
  setrlimit(RLIMIT_NOFILE, &files);

  struct subscriber *all = calloc(subscribers, sizeof *all);
  char *data = malloc(TAIL + CHUNK);
  int poll = epoll_create1(0);
  for (int i = 0; i < subscribers; i++) {
    all[i].fd = subscribe(arguments[2]);
    // The answer's head shows that the subscription stands.
    if (recv(all[i].fd, data, CHUNK, 0) < 12 || strncmp(data + 9, "200", 3)) fail("subscribe");
    fcntl(all[i].fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
    epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &event);
  }
  pthread_t thread;
  for (int i = 0; i < slow; i++) pthread_create(&thread, NULL, slow_reader, (void *)(long)subscribe(arguments[2]));

  double start = now(), last = start;
  pthread_create(&thread, NULL, publisher, NULL);
  struct epoll_event events[256];
  while (!finished || now() - last < patience(all, subscribers)) {
    int ready = epoll_wait(poll, events, 256, 50);
    for (int i = 0; i < ready; i++) {
      struct subscriber *who = events[i].data.ptr;
      memcpy(data, who->tail, who->held);
      ssize_t got = recv(who->fd, data + who->held, CHUNK, 0);
      if (got == 0) fail("the server closed a subscription");
      if (got > 0) {
        scan(who, data, who->held + got);
        last = now();
      }
    }
  }
  long received = 0;
  for (int i = 0; i < subscribers; i++) {
    received += all[i].received;
    lost += published - all[i].last;
  }
  printf("deliveries_per_second=%.0f published_per_second=%.0f published=%ld received=%ld lost=%ld repeated=%ld\n",
         received / (last - start), published / published_for, (long)published, received, lost, repeated);
  return lost || repeated;
}
