-- wrk: POST one CloudEvent of 1 KiB a request, each with an id of its own.
local head, prefix, suffix
local base, count = os.time() % 100000 * 100000, 0
function init()
  prefix = '{"specversion":"1.0","id":"'
  local rest = '","source":"/bench","type":"ark.llm.chunk","arksession":"s-000001","arkquery":"q-000001","data":{"text":"'
  suffix = rest .. string.rep("x", 1024 - #prefix - 12 - #rest - 3) .. '"}}'
  head = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: localhost\r\n" ..
    "Content-Type: application/cloudevents+json\r\nContent-Length: 1024\r\n\r\n" .. prefix
end
function request()
  count = count + 1
  return head .. string.format("%012d", base * 100 + count) .. suffix
end
function done(summary, latency)
  io.write(string.format("requests_per_second=%.0f p50_us=%.0f p99_us=%.0f failed=%d\n",
    summary.requests / (summary.duration / 1e6), latency:percentile(50), latency:percentile(99),
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout + summary.errors.status))
end
