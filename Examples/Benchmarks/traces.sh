# Sections of `run`: decoding an export of traces beside other parsers, and taking the same export in. Python's parsers come from PyPI, into a virtual environment under .build.

venv=.build/benchmark-peers
exports=$disk/exports
# All parsers on the same core, the last that this process may use.
core=${CORE:-$(taskset -cp $$ | sed 's/.*[ ,-]//')}

# make_exports: one with the messages of models and tools, one without. Leaves a reason in $no_python when there is no virtual environment.
make_exports() {
  no_python=""
  if ! "$venv/bin/python" -c 'import orjson, opentelemetry.proto' 2>/dev/null; then
    { python3 -m venv "$venv" && "$venv/bin/pip" install -q orjson protobuf opentelemetry-proto; } > "$work/pip.log" 2>&1 ||
      no_python=$(tail -1 "$work/pip.log")
  fi
  local python=$venv/bin/python
  [ -z "$no_python" ] || python=python3
  "$python" "$here/make_export.py" "$exports/with" > "$work/exports"
  "$python" "$here/make_export.py" "$exports/without" --without-messages > /dev/null 2>&1
  # The disk is not at work for it while something else is measured.
  sync
}

# decoder NAME FILE COMMAND…: what COMMAND prints, kept for the median, once it says that it read every span.
decoder() {
  local name=$1 line
  shift
  line=$(taskset -c "$core" "$@" "$seconds_each_parser" 2> "$work/$name.error") || return 0
  if [ "$(echo "$line" | field spans)" != 512 ]; then
    echo "$name did not read 512 spans: $line" >&2
    exit 1
  fi
  echo "$line" | field megabytes_per_second >> "$work/$name.bytes"
  echo "$line" | field spans_per_second >> "$work/$name.spans"
  echo "$line" | sed -n 's/.*version=//p' > "$work/$name.version"
}

# reason NAME: why it did not run.
reason() { grep -m1 -i error "$work/$1.error" || tail -1 "$work/$1.error"; }

# beside PEER OURS TITLE GOAL: a row in bytes and one in spans; why not when the peer is not there.
beside() {
  local peer=$1 ours=$2 title=$3 unit
  if [ ! -s "$work/$peer.bytes" ]; then
    echo "$title: left out, because ${no_python:-$(reason "$peer")}"
    return
  fi
  for unit in bytes spans; do
    local name="$title, MB/s" theirs mine=""
    [ $unit = bytes ] || name="  the same, spans/s"
    theirs=$(median < "$work/$peer.$unit")
    [ ! -s "$work/$ours.$unit" ] || mine=$(median < "$work/$ours.$unit")
    row "$name" "$mine" "$theirs" "${mine:+$(ratio "$mine" "$theirs")}" "$([ $unit = spans ] || echo "$4")"
  done
}

decode_section() {
  local json=$exports/with/export.json protobuf=$exports/with/export.pb seconds_each_parser=${SECONDS_EACH_PARSER:-1}
  make_exports
  c++ -O3 -march=native -std=c++17 -o "$work/simdjson" "$here/simdjson.cpp" -lsimdjson 2> "$work/simdjson.error" || true
  rm -f "$work"/*.bytes "$work"/*.spans
  for _ in $(seq "$rounds"); do
    decoder otlp-json .build/release/ark-benchmark decode otlp-json "$json"
    decoder jsondecoder .build/release/ark-benchmark decode jsondecoder "$json"
    decoder otlp-protobuf .build/release/ark-benchmark decode otlp-protobuf "$protobuf"
    [ ! -x "$work/simdjson" ] || decoder simdjson "$work/simdjson" "$json"
    [ -n "$no_python" ] || decoder orjson "$venv/bin/python" "$here/decode_peers.py" orjson "$json"
    [ -n "$no_python" ] || decoder upb "$venv/bin/python" "$here/decode_peers.py" upb "$protobuf"
  done
  cc -O2 -shared -fPIC -o "$work/allocations.so" "$here/allocations.c"
  allocations() { LD_PRELOAD=$work/allocations.so .build/release/ark-benchmark decode "$1" "$2" 0.1 | field allocations_per_span; }
  echo "decoding on core $core: 512 spans, $(stat -c %s "$json") bytes of JSON, $(stat -c %s "$protobuf" 2> /dev/null || echo no) bytes of protobuf"
  row "OTLP/JSON, MB/s" "$(median < "$work/otlp-json.bytes")" "" "" ">= 400"
  row "  allocations a span" "$(allocations otlp-json "$json")" "" "" "<= 1"
  beside jsondecoder otlp-json "OTLP/JSON (JSONDecoder into structs)" ">= 12"
  beside orjson otlp-json "OTLP/JSON (orjson $(cat "$work/orjson.version" 2> /dev/null), parsing alone)" ">= 2"
  beside simdjson otlp-json "OTLP/JSON (simdjson On-Demand, every field)" ">= 0.5"
  if [ -s "$work/otlp-protobuf.bytes" ]; then
    row "OTLP/protobuf, MB/s" "$(median < "$work/otlp-protobuf.bytes")" "" "" ">= 600"
    row "  allocations a span" "$(allocations otlp-protobuf "$protobuf")" "" "" "<= 1"
  else
    echo "OTLP/protobuf: ours is left out, because $(reason otlp-protobuf)"
  fi
  beside upb otlp-protobuf "OTLP/protobuf (upb $(cat "$work/upb.version" 2> /dev/null), from Python)" ">= 3"
}

# take_in EXPORT: one round of it into a new store. Every span that was acknowledged must be in the store, by the broker's word and by that of who reads its files.
take_in() {
  local export=$1 name line acknowledged
  name=$(basename "$(dirname "$export")").${export##*.}
  dd if=/dev/zero of="$disk/dd" bs=4M count=150 oflag=dsync 2>&1 |
    sed -n 's/.* copied, \([0-9.]*\) s.*/\1/p' | awk '{ print int(150 * 4.194304 / $1) }' >> "$work/$name.disk"
  rm -rf "$disk/traces" "$disk/dd"
  .build/release/ark-broker --port "$port" --data "$disk/traces" 2> "$work/broker.log" &
  local broker=$!
  pids+=("$broker")
  wait_until_ready "$port"
  if line=$("$work/traces" "$port" "$export" 2 "$seconds" 2> "$work/$name.error"); then
    acknowledged=$(echo "$line" | field acknowledged)
    curl -s "http://127.0.0.1:$port/metrics" > "$work/metrics"
    kill "$broker"
    wait "$broker" || true
    local counted stored
    counted=$(sed -n 's/^ark_broker_events_in_total //p' "$work/metrics")
    stored=$(.build/release/ark-broker verify "$disk/traces" | sed -n 's/^sound: .* \([0-9,]*\) events.*/\1/p' | tr -d ,)
    if [ "$counted" != "$acknowledged" ] || [ "$stored" != "$acknowledged" ]; then
      echo "$acknowledged spans were acknowledged, $counted counted, $stored are in the store" >&2
      exit 1
    fi
    echo "$line" | field spans_per_second >> "$work/$name.taken"
    awk -v spans="$acknowledged" -v rate="$(echo "$line" | field spans_per_second)" \
      '/^ark_broker_bytes_in_total/ { print int($2 / spans * rate / 1e6) }' "$work/metrics" >> "$work/$name.stored"
  else
    kill "$broker"
    wait "$broker" || true
  fi
  rm -rf "$disk/traces"
}

traces_section() {
  local messages encoding name
  mkdir -p "$disk"
  make_exports
  cc -O2 -o "$work/traces" "$here/traces.c" -lpthread
  rm -f "$work"/*.taken "$work"/*.stored "$work"/*.disk
  for messages in with without; do
    for encoding in json pb; do
      local export=$exports/$messages/export.$encoding title="POST /v1/traces, ${encoding/pb/protobuf}, $messages messages"
      name=$messages.$encoding
      if [ ! -f "$export" ]; then
        echo "$title: left out, because $no_python"
        continue
      fi
      for _ in $(seq "$rounds"); do
        take_in "$export"
        [ -s "$work/$name.taken" ] || break
      done
      if [ -s "$work/$name.taken" ]; then
        row "$title, 2 connections, spans/s" "$(median < "$work/$name.taken")" "" "" ">= 500000"
        row "  stored, MB/s (dd: 4 MiB a write, synced)" "$(median < "$work/$name.stored")" "$(median < "$work/$name.disk")" \
          "$(ratio "$(median < "$work/$name.stored")" "$(median < "$work/$name.disk")")" ""
      else
        echo "$title: left out, because $(reason "$name")"
      fi
    done
  done
  rm -rf "$disk"
}
