# Sections of `run`: appends that outlive a power cut, and reading the log again. Peers and the limits of this disk in C come from ../shared/bench, where it is there.

kit=../shared/bench
# On the disk to measure: /tmp may be in memory.
disk=${DISK:-/var/tmp}/ark-benchmark-$$

# Compiles what there is of the kit.
build_kit() {
  [ -d "$kit" ] || return 1
  mkdir -p "$disk/data" "$disk/logs"
  cc -O2 -w -o "$disk/append_limit" "$kit/a_append/append_limit.c" -lpthread
  cc -O2 -w -o "$disk/pload" "$kit/load/pload.c" -lpthread
  cc -O2 -w -o "$disk/cref" "$kit/load/cref.c" -lpthread
}

limit() { "$disk/append_limit" "$1" grow "$2" 1024 "$seconds" "$disk/data" | field 'ev\/s'; }
ours_append() { .build/release/ark-benchmark append "$disk/data" "$seconds" "$1" | field events_per_second; }

# peer_append NAME MODE PORT: 1 KiB appends by one pipelining connection and by 64 waiting ones.
peer_append() {
  local shape
  for shape in "1 512 one pipelining" "64 1 64 waiting"; do
    set -- "$1" "$2" "$3" $shape
    rm -f "$work/peer"
    for _ in $(seq "$rounds"); do
      [ "$2" != redis ] || redis-cli -p "$3" del ev > /dev/null
      "$disk/pload" -m "$2" -p "$3" -c "$4" -w "$5" -n 100000000 -t "$seconds" | field 'ev\/s' >> "$work/peer"
    done
    row "  $1, ${*:6}" "" "$(median < "$work/peer")" "" ""
  done
}

durable_section() {
  if ! build_kit; then
    echo "durable appends: the peers are skipped, because $kit is not there"
    mkdir -p "$disk/data"
    for shape in waiting=1 waiting=64 pipelined; do
      for _ in $(seq "$rounds"); do ours_append "$shape" >> "$work/append.$shape"; done
      row "durable appends, 1 KiB, $shape, /s" "$(median < "$work/append.$shape")" "" "" ""
    done
    rm -rf "$disk"
    return
  fi
  for _ in $(seq "$rounds"); do
    limit each 1 >> "$work/limit.waiting=1"
    ours_append waiting=1 >> "$work/append.waiting=1"
    limit group 64 >> "$work/limit.waiting=64"
    ours_append waiting=64 >> "$work/append.waiting=64"
    limit pipe 1 >> "$work/limit.pipelined"
    ours_append pipelined >> "$work/append.pipelined"
  done
  for line in "waiting=1 0.85" "waiting=64 0.80" "pipelined 0.60"; do
    set -- $line
    ours=$(median < "$work/append.$1")
    other=$(median < "$work/limit.$1")
    row "durable appends, 1 KiB, $1 (C: this disk's limit), /s" "$ours" "$other" "$(ratio "$ours" "$other")" ">= $2"
  done

  if command -v redis-server > /dev/null; then
    mkdir -p "$disk/data/redis"
    redis-server --port 16379 --bind 127.0.0.1 --dir "$disk/data/redis" --appendonly yes --appendfsync always \
      --save "" --daemonize no > "$disk/logs/redis.log" 2>&1 &
    pids+=($!)
    wait_for 16379
    peer_append "Redis Streams, appendfsync always" redis 16379
    kill "${pids[-1]}"
  else
    echo "Redis: skipped, because redis-server is not installed"
  fi
  for _ in $(seq "$rounds"); do
    python3 "$here/sqlite_append.py" "$disk/data" "$seconds" | field 'ev\/s' >> "$work/sqlite"
  done
  row "  SQLite, a transaction each, one waiting" "" "$(median < "$work/sqlite")" "" ""
  echo "PostgreSQL: left out; $kit/a_append/run_pg.sh measures it"
  if command -v nats-server > /dev/null; then
    cat > "$disk/nats.conf" <<CONF
listen: 127.0.0.1:14222
jetstream { store_dir: "$disk/data/nats", max_file_store: 20GB }
max_pending: 256MB
CONF
    nats-server -c "$disk/nats.conf" > "$disk/logs/nats.log" 2>&1 &
    pids+=($!)
    wait_for 14222
    python3 "$kit/common/natsreq.py" 14222 '$JS.API.STREAM.CREATE.EV' \
      '{"name":"EV","subjects":["ev.>"],"storage":"file","retention":"limits","max_msgs":-1,"max_bytes":-1,"discard":"old","num_replicas":1,"duplicate_window":0}' > /dev/null
    peer_append "NATS JetStream, which does not sync" nats 14222
    kill "${pids[-1]}"
  else
    echo "NATS: skipped, because nats-server is not installed"
  fi

  "$disk/cref" "$peer" "$disk/data/cref.log" > /dev/null 2>&1 &
  pids+=($!)
  .build/release/ark-broker --port "$port" --data "$disk/data/http" 2> "$work/broker.log" &
  pids+=($!)
  wait_for "$peer"
  wait_until_ready "$port"
  for _ in $(seq "$rounds"); do
    wrk -t1 -c64 -d"$seconds" --latency -s "$here/post.lua" "http://127.0.0.1:$peer/pub" | field requests_per_second >> "$work/sync.peer"
    wrk -t1 -c64 -d"$seconds" --latency -s "$here/post.lua" "http://127.0.0.1:$port/feed" | field requests_per_second >> "$work/sync.ours"
  done
  ours=$(median < "$work/sync.ours")
  other=$(median < "$work/sync.peer")
  row "POST /feed, synced, 64 connections (C with group commit), /s" "$ours" "$other" "$(ratio "$ours" "$other")" ">= 0.8"
  kill "${pids[-1]}" "${pids[-2]}"

  for shape in waiting=64 pipelined; do
    line=$(.build/release/ark-benchmark beside "$disk/data" "$seconds" "$shape")
    row "$shape beside a replay, rewriting and letting go (alone), /s" "$(echo "$line" | field beside_others)" \
      "$(echo "$line" | field alone)" "$(echo "$line" | field ratio)" ">= 0.9"
  done
  rm -rf "$disk"
}

replay_section() {
  local store=$disk/replay million=1000000
  mkdir -p "$disk"
  if [ "${EVENTS:-$million}" -gt $million ]; then
    .build/release/ark-benchmark replay "$store" $million > "$work/replay.million"
    rm -rf "$store"
  fi
  .build/release/ark-benchmark replay "$store" "${EVENTS:-1000000}" > "$work/replay"
  row "bytes on disk of ${EVENTS:-1000000} events, as a part of their size" "$(field of_wire < "$work/replay")" "" "" "<= 1.08"
  row "opening that store, ms" "$(field open_ms < "$work/replay")" "" "" "<= 300"
  row "  resident memory that takes, MiB" "$(field resident_mb < "$work/replay")" "" "" "<= 64"
  row "replay to a reader in the process, MB/s" "$(field megabytes_per_second < "$work/replay")" "" "" ">= 1500"
  if [ -s "$work/replay.million" ]; then
    ours=$(field session_ms < "$work/replay")
    other=$(field session_ms < "$work/replay.million")
    row "one session's 1,000 events (out of 1,000,000), ms" "$ours" "$other" "$(ratio "$ours" "$other")" "<= 1.5"
  else
    row "one session's 1,000 events, ms" "$(field session_ms < "$work/replay")" "" "" "<= 5"
  fi
  row "  one query's, spread over the whole log, ms" "$(field query_ms < "$work/replay")"
  .build/release/ark-broker --port "$port" --data "$store" 2> "$work/broker.log" &
  pids+=($!)
  wait_until_ready "$port"
  for _ in $(seq "$rounds"); do
    curl -sN -o /dev/null -w '%{speed_download}\n' "http://127.0.0.1:$port/feed?after=beginning&follow=false" |
      awk '{ print int($1 / 1e6) }' >> "$work/replay.sse"
  done
  row "replay to one SSE reader, MB/s" "$(median < "$work/replay.sse")" "" "" ">= 500"
  kill "${pids[-1]}"
  rm -rf "$store"
  local captured=../shared/fixtures/captured
  if [ -d "$captured" ]; then
    local program
    for program in instr-otel instr-traceloop sdk-none; do
      # gzip passes on what it did not make.
      gzip -dcf "$captured/$program"/*-traces.body > "$work/$program.traces"
    done
    .build/release/ark-benchmark compress "$store" "$work"/*.traces > "$work/compress"
    row "$(field spans < "$work/compress") spans of SDKs, compressed, as a part of their size" "$(field of_wire < "$work/compress")"
    row "  reading them, MB/s" "$(field megabytes_per_second < "$work/compress")"
  else
    echo "spans of SDKs, compressed: left out, because $captured is not there"
  fi
  rm -rf "$disk"
}
