// Load for a receiver of traces: the same export again and again over a few connections, each request with trace ids of its own.
//
//   traces PORT FILE CONNECTIONS SECONDS
//
// FILE is export.json or export.pb of make_export.py; FILE.ids says where in it the trace ids of its spans are. They are written over in place, because a span that was stored
// before is acknowledged and not stored again. Each connection waits for an answer before it sends the next request. Prints one line of name=value pairs; exit status 1 when
// a request was not acknowledged as a whole.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "load.h"

struct connection {
  pthread_t thread;
  uint32_t number;
  long requests, acknowledged, failed;
  double waited;
};

static double seconds;
static int is_json;
static char *body;
static size_t length;
static size_t *ids;
static long spans;
static uint32_t run;

static char *load(const char *path, size_t *count) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END)) fail(path);
  *count = ftell(file);
  rewind(file);
  char *bytes = malloc(*count + 1);
  if (fread(bytes, 1, *count, file) != *count) fail(path);
  bytes[*count] = 0;
  fclose(file);
  return bytes;
}

static void load_ids(const char *path) {
  char name[4096];
  size_t count;
  snprintf(name, sizeof name, "%s.ids", path);
  char *text = load(name, &count);
  for (size_t i = 0; i < count; i++) spans += text[i] == '\n';
  ids = calloc(spans, sizeof *ids);
  char *place = text;
  for (long i = 0; i < spans; i++) {
    ids[i] = strtoull(place, &place, 10);
    if (ids[i] + 32 > length) fail(name);
  }
}

// The first eight of the sixteen bytes of every trace id: which run, connection and request this is. The other eight stay, so that different traces stay different.
static void renew(char *request, uint64_t id) {
  char text[17];
  uint64_t raw = htobe64(id);
  snprintf(text, sizeof text, "%016llx", (unsigned long long)id);
  for (long i = 0; i < spans; i++) {
    if (is_json) memcpy(request + ids[i], text, 16);
    else memcpy(request + ids[i], &raw, 8);
  }
}

// Whether the answer is that everything was stored: 200, and no word of a partial success.
static int is_whole(int fd) {
  char answer[8192];
  size_t used = 0;
  for (;;) {
    ssize_t got = recv(fd, answer + used, sizeof answer - 1 - used, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail("recv");
    used += got;
    answer[used] = 0;
    const char *body = whole_body(answer, used, sizeof answer - 1);
    if (!body) continue;
    int is_good = !strncmp(answer, "HTTP/1.1 200 ", 13) && (is_json ? !strcmp(body, "{}") : body == answer + used);
    if (!is_good) fprintf(stderr, "traces: the answer was %.*s\n", (int)strcspn(answer, "\r"), answer);
    return is_good;
  }
}

static void *client(void *argument) {
  struct connection *self = argument;
  char head[256];
  int head_length = snprintf(head, sizeof head, "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/%s\r\nContent-Length: %zu\r\n\r\n",
                             is_json ? "json" : "x-protobuf", length);
  char *request = malloc(head_length + length);
  memcpy(request, head, head_length);
  memcpy(request + head_length, body, length);
  int fd = dial();
  for (double end = now() + seconds; now() < end;) {
    renew(request + head_length, (uint64_t)run << 32 | self->number << 24 | self->requests);
    double start = now();
    send_all(fd, request, head_length + length);
    int is_good = is_whole(fd);
    self->waited += now() - start;
    self->requests++;
    if (is_good) self->acknowledged += spans;
    // A refusal will not be another the next time.
    else if (++self->failed > 3) break;
  }
  close(fd);
  free(request);
  return NULL;
}

int main(int count, char **arguments) {
  if (count != 5) return fprintf(stderr, "usage: traces PORT FILE CONNECTIONS SECONDS\n"), 64;
  port = atoi(arguments[1]);
  body = load(arguments[2], &length);
  is_json = strstr(arguments[2], ".json") != NULL;
  load_ids(arguments[2]);
  int connections = atoi(arguments[3]);
  seconds = atof(arguments[4]);
  if (getrandom(&run, sizeof run, 0) != sizeof run) fail("getrandom");
  struct connection *all = calloc(connections, sizeof *all), sum = {0};
  double start = now();
  for (int i = 0; i < connections; i++) {
    all[i].number = i;
    if (pthread_create(&all[i].thread, NULL, client, &all[i])) fail("pthread_create");
  }
  for (int i = 0; i < connections; i++) {
    pthread_join(all[i].thread, NULL);
    sum.requests += all[i].requests;
    sum.acknowledged += all[i].acknowledged;
    sum.failed += all[i].failed;
    sum.waited += all[i].waited;
  }
  double took = now() - start;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double used = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  printf("traces spans_per_second=%.0f megabytes_per_second=%.0f acknowledged=%ld failed=%ld milliseconds_a_request=%.2f processor_of_client=%.2f\n", sum.acknowledged / took,
         sum.acknowledged / spans * (double)length / took / 1e6, sum.acknowledged, sum.failed, sum.waited / sum.requests * 1e3, used / took);
  return sum.failed != 0;
}
