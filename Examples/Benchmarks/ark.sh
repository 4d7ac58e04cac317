# Section of `run`: the routes of Ark's clients, from 64 emitters of operation events, and with a million of them stored.

# emit PORT SECONDS START
emit() { START=$3 wrk -t1 -c64 -d"$2" --latency -s "$here/post_events.lua" "http://127.0.0.1:$1/"; }

# look_up NAME PATTERN COUNT: the slowest of a hundred, for one reader after the other.
look_up() {
  local line
  line=$(PATTERN=$2 COUNT=$3 wrk -t1 -c1 -d"$seconds" --latency -s "$here/get.lua" "http://127.0.0.1:$port/" | grep p99_us)
  [ "$(echo "$line" | field failed)" = 0 ] || { echo "$1: $line" >&2; exit 1; }
  row "$1, p99, ms" "$(echo "$line" | field p99_us | awk '{ printf "%.1f", $1 / 1000 }')" "" "" "<= 10"
}

ark_section() {
  local minute=${EMITTING_SECONDS:-60} wanted=1000000
  local broker sent=0 line counted
  mkdir -p "$disk"
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
      line=$(emit "$port" "$seconds" "$sent" | grep requests_per_second)
      echo "$line" | field requests_per_second >> "$work/emitted"
      # wrk counts no answers of its last moments, which the broker has taken: the next numbers leave room for them.
      sent=$((sent + $(echo "$line" | field requests) + 64))
    done
    kill "${pids[-1]}"
    row "POST /events, synced, 64 emitters (Node: parses), /s" "$(median < "$work/emitted")" "$(median < "$work/node")" \
      "$(ratio "$(median < "$work/emitted")" "$(median < "$work/node")")" ">= 3"
  else
    echo "Node: skipped, because node is not installed"
  fi

  line=$(emit "$port" "$minute" "$sent" | grep requests_per_second)
  sent=$((sent + $(echo "$line" | field requests)))
  row "  for $minute s, /s" "$(echo "$line" | field requests_per_second)"
  row "  refused" "$(echo "$line" | field failed)" "" "" "0"
  row "  p99, ms" "$(echo "$line" | field p99_us | awk '{ printf "%.1f", $1 / 1000 }')" "" "" "<= 50"

  # To a million at least, with a conversation's messages among them.
  counted=$(curl -s "http://127.0.0.1:$port/metrics" | sed -n 's/^ark_broker_events_in_total //p')
  [ "$counted" -ge "$((sent - 64 * rounds))" ] || { echo "$sent events were acknowledged, $counted are counted" >&2; exit 1; }
  while [ "$counted" -lt "$wanted" ]; do
    emit "$port" 5 "$counted" > /dev/null
    counted=$(curl -s "http://127.0.0.1:$port/metrics" | sed -n 's/^ark_broker_events_in_total //p')
  done
  local message='{"role":"user","content":"What is the weather in Zürich?"}'
  for number in $(seq 0 99); do
    printf '{"conversation_id":"m-%d","query_id":"q","messages":[%s,%s,%s,%s,%s,%s,%s,%s,%s,%s]}' "$number" \
      "$message" "$message" "$message" "$message" "$message" "$message" "$message" "$message" "$message" "$message" |
      curl -sf -o /dev/null -H 'Content-Type: application/json' --data-binary @- "http://127.0.0.1:$port/messages"
  done
  echo "$counted events are stored"
  look_up "GET /sessions?limit=100" "/sessions?limit=100" 1
  look_up "GET /events/{uid}" "/events/uid-%07d" $((wanted / 40))
  look_up "GET /messages?conversation_id=" "/messages?conversation_id=m-%d" 100
  kill "$broker"
  wait "$broker" || true
  rm -rf "$disk"
}
