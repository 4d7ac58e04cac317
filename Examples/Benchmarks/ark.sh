# Section of `run`: the routes of Ark's clients, from 64 emitters of operation events, and with a million of them stored.

# emit PORT SECONDS START: events numbered from START, by 64 connections.
emit() { "$work/emitters" "$1" 64 "$2" "$3"; }

# stored PORT: how many events the list of all has.
stored() { curl -s "http://127.0.0.1:$1/events?limit=1" | sed -n 's/.*"total":\([0-9]*\).*/\1/p'; }

# look_up NAME PATTERN COUNT: the slowest of a hundred, for one reader after the other.
look_up() {
  local line
  line=$(PATTERN=$2 COUNT=$3 wrk -t1 -c1 -d"$seconds" --latency -s "$here/get.lua" "http://127.0.0.1:$port/" | grep p99_us)
  [ "$(echo "$line" | field failed)" = 0 ] || { echo "$1: $line" >&2; exit 1; }
  row "$1, p99, ms" "$(echo "$line" | field p99_us | awk '{ printf "%.1f", $1 / 1000 }')" "" "" "<= 10"
}

ark_section() {
  local minute=${EMITTING_SECONDS:-60} wanted=1000000
  local broker sent=0 line
  mkdir -p "$disk"
  cc -O2 -o "$work/emitters" "$here/emitters.c"
  .build/release/ark-broker --port "$port" --data "$disk/ark" 2> "$work/broker.log" &
  broker=$!
  pids+=("$broker")
  wait_until_ready "$port"

  if command -v node > /dev/null; then
    node "$here/parse_and_discard.js" "$peer" &
    pids+=($!)
    wait_for "$peer"
    for _ in $(seq "$rounds"); do
      emit "$peer" "$seconds" 0 | field requests_per_second >> "$work/node"
      line=$(emit "$port" "$seconds" "$sent")
      echo "$line" | field requests_per_second >> "$work/emitted"
      sent=$((sent + $(echo "$line" | field acknowledged)))
    done
    kill "${pids[-1]}"
    row "POST /events, synced, 64 emitters (Node: parses), /s" "$(median < "$work/emitted")" "$(median < "$work/node")" \
      "$(ratio "$(median < "$work/emitted")" "$(median < "$work/node")")" ">= 3"
  else
    echo "Node: skipped, because node is not installed"
  fi

  # Its own figures, of another machine.
  row "  published of the TypeScript broker: file back end before and with its append log" "" "107, 6851" "" ""

  line=$(emit "$port" "$minute" "$sent") || true
  sent=$((sent + $(echo "$line" | field acknowledged)))
  row "  for $minute s, /s" "$(echo "$line" | field requests_per_second)"
  row "  refused" "$(echo "$line" | field refused)" "" "" "0"
  row "  acknowledged but not stored, of $sent" "$((sent - $(stored "$port")))" "" "" "0"
  row "  p99, ms" "$(echo "$line" | field p99_us | awk '{ printf "%.1f", $1 / 1000 }')" "" "" "<= 50"

  # To a million at least, with a conversation's messages among them.
  while [ "$sent" -lt "$wanted" ]; do
    sent=$((sent + $(emit "$port" 5 "$sent" | field acknowledged)))
  done
  local message='{"role":"user","content":"What is the weather in Zürich?"}'
  for number in $(seq 0 99); do
    printf '{"conversation_id":"m-%d","query_id":"q","messages":[%s,%s,%s,%s,%s,%s,%s,%s,%s,%s]}' "$number" \
      "$message" "$message" "$message" "$message" "$message" "$message" "$message" "$message" "$message" "$message" |
      curl -sf -o /dev/null -H 'Content-Type: application/json' --data-binary @- "http://127.0.0.1:$port/messages"
  done
  local line_of_chunk='{"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}]}'
  awk -v line="$line_of_chunk" 'BEGIN { for (n = 0; n < 300000; n++) print line }' > "$work/chunks"
  line=$(curl -s -o "$work/uploaded" -w '%{time_total}' -X POST -T - -H 'Content-Type: application/x-ndjson' \
    "http://127.0.0.1:$port/stream/numbers" < "$work/chunks")
  grep -q '"chunks_received":300000' "$work/uploaded" || { echo "an upload of chunks: $(cat "$work/uploaded")" >&2; exit 1; }
  row "one upload of 300,000 chunks, synced, /s" "$(awk "BEGIN { print int(300000 / $line) }")" "" "" ""

  echo "$(stored "$port") events are stored"
  look_up "GET /sessions?limit=100" "/sessions?limit=100" 1
  look_up "GET /events/{uid}" "/events/uid-%07d" $((wanted / 40))
  look_up "GET /messages?conversation_id=" "/messages?conversation_id=m-%d" 100
  kill "$broker"
  wait "$broker" || true
  rm -rf "$disk"

  line=$(.build/release/ark-benchmark sessions)
  row "an event in a session of 100,000 queries (of 10), ns" "$(echo "$line" | field many_ns)" \
    "$(echo "$line" | field few_ns)" "$(echo "$line" | field ratio | cut -c1-4)" ""
}
