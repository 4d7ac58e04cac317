// Reads an export of traces (OTLP/JSON) with simdjson On-Demand as a receiver would have to: every key, every string unescaped, every number parsed, every id as bytes. Keeps
// nothing but sums, and does not check what simdjson does not: that a field comes once, say.
//
//   simdjson FILE SECONDS
//
// Prints megabytes and spans a second of processor time, the median after a warm-up.
#include <simdjson.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <stdexcept>
#include <vector>

using namespace simdjson::ondemand;

struct Reader {
  size_t spans = 0, text = 0;
  uint64_t sum = 0;

  void string(value field) { text += field.get_string().value().size(); }

  void id(value field, size_t bytes) {
    std::string_view digits = field.get_string().value();
    if (digits.size() != 2 * bytes) throw std::runtime_error("an id of the wrong length");
    uint64_t bits = 0;
    for (unsigned char digit : digits) {
      if (!isxdigit(digit)) throw std::runtime_error("an id that is not hexadecimal");
      bits = bits << 4 | ((digit & 15) + (digit >> 6) * 9);
    }
    sum += bits;
  }

  template <typename Element>
  void each(value field, Element element) {
    for (auto item : field.get_array()) element(item.value());
  }

  // Every member of an object, which must be known: none may be passed over unread.
  template <typename Member>
  void members(value field, Member member) {
    for (auto item : field.get_object()) {
      std::string_view key = item.unescaped_key();
      if (!member(key, item.value())) throw std::runtime_error("unknown field " + std::string(key));
    }
  }

  void any(value field) {
    members(field, [&](std::string_view key, value inner) {
      if (key == "stringValue") return string(inner), true;
      if (key == "intValue") return sum += inner.get_int64_in_string().value(), true;
      if (key == "boolValue") return sum += inner.get_bool().value(), true;
      if (key == "doubleValue") return sum += static_cast<uint64_t>(inner.get_double().value()), true;
      if (key == "arrayValue") return values(inner, [&](value element) { any(element); }), true;
      if (key == "kvlistValue") return values(inner, [&](value element) { attribute(element); }), true;
      return false;
    });
  }

  template <typename Element>
  void values(value field, Element element) {
    members(field, [&](std::string_view key, value list) { return key == "values" && (each(list, element), true); });
  }

  void attribute(value field) {
    members(field, [&](std::string_view key, value inner) {
      if (key == "key") return string(inner), true;
      if (key == "value") return any(inner), true;
      return false;
    });
  }

  void attributes(value list) {
    each(list, [&](value field) { attribute(field); });
  }

  void time(value field) { sum += field.get_uint64_in_string().value(); }

  void event(value field) {
    members(field, [&](std::string_view key, value inner) {
      if (key == "timeUnixNano") return time(inner), true;
      if (key == "name") return string(inner), true;
      if (key == "attributes") return attributes(inner), true;
      return false;
    });
  }

  void link(value field) {
    members(field, [&](std::string_view key, value inner) {
      if (key == "traceId") return id(inner, 16), true;
      if (key == "spanId") return id(inner, 8), true;
      if (key == "attributes") return attributes(inner), true;
      return false;
    });
  }

  void status(value field) {
    members(field, [&](std::string_view key, value inner) {
      if (key == "message") return string(inner), true;
      if (key == "code") return sum += inner.get_int64().value(), true;
      return false;
    });
  }

  void span(value field) {
    spans++;
    members(field, [&](std::string_view key, value inner) {
      if (key == "traceId") return id(inner, 16), true;
      if (key == "spanId" || key == "parentSpanId") return id(inner, 8), true;
      if (key == "name") return string(inner), true;
      if (key == "kind" || key == "flags") return sum += inner.get_uint64().value(), true;
      if (key == "startTimeUnixNano" || key == "endTimeUnixNano") return time(inner), true;
      if (key == "attributes") return attributes(inner), true;
      if (key == "events") return each(inner, [&](value element) { event(element); }), true;
      if (key == "links") return each(inner, [&](value element) { link(element); }), true;
      if (key == "status") return status(inner), true;
      return false;
    });
  }

  void scope(value field) {
    members(field, [&](std::string_view key, value inner) { return (key == "name" || key == "version") && (string(inner), true); });
  }

  void scope_spans(value field) {
    members(field, [&](std::string_view key, value inner) {
      if (key == "scope") return scope(inner), true;
      if (key == "spans") return each(inner, [&](value element) { span(element); }), true;
      if (key == "schemaUrl") return string(inner), true;
      return false;
    });
  }

  void resource_spans(value field) {
    members(field, [&](std::string_view key, value inner) {
      if (key == "resource")
        return members(inner, [&](std::string_view name, value list) { return name == "attributes" && (attributes(list), true); }), true;
      if (key == "scopeSpans") return each(inner, [&](value element) { scope_spans(element); }), true;
      return false;
    });
  }

  void request(document &body) {
    members(body.get_value(), [&](std::string_view key, value list) {
      return key == "resourceSpans" && (each(list, [&](value element) { resource_spans(element); }), true);
    });
  }
};

static double processor_time() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(int count, char **arguments) {
  if (count != 3) return fprintf(stderr, "usage: simdjson FILE SECONDS\n"), 64;
  simdjson::padded_string body = simdjson::padded_string::load(arguments[1]);
  double seconds = atof(arguments[2]);
  parser parser;
  Reader reader;
  std::vector<double> times;
  double begin = processor_time(), time = begin;
  while (time < begin + 1.25 * seconds) {
    double start = processor_time();
    reader = Reader();
    document document = parser.iterate(body);
    reader.request(document);
    time = processor_time();
    if (start > begin + 0.25 * seconds) times.push_back(time - start);
  }
  std::sort(times.begin(), times.end());
  double median = times[times.size() / 2];
  printf("decode simdjson megabytes_per_second=%.0f spans_per_second=%.0f spans=%zu text=%zu sum=%zu implementation=%s\n", body.size() / median / 1e6, reader.spans / median,
         reader.spans, reader.text, (size_t)reader.sum, simdjson::get_active_implementation()->name().c_str());
}
