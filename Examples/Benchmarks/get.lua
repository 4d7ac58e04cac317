-- wrk: GET of one path; `%d` in PATTERN becomes a number below COUNT, another one each time.
local pattern, count = os.getenv("PATTERN"), tonumber(os.getenv("COUNT") or "1")
math.randomseed(1)
function request()
  return "GET " .. string.format(pattern, math.random(0, count - 1)) .. " HTTP/1.1\r\nHost: localhost\r\n\r\n"
end
function done(summary, latency)
  io.write(string.format("requests_per_second=%.0f p50_us=%.0f p99_us=%.0f failed=%d\n",
    summary.requests / (summary.duration / 1e6), latency:percentile(50), latency:percentile(99),
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout + summary.errors.status))
end
