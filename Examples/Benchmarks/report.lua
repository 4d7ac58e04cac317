-- For wrk: one line of what a run came to.
function done(summary, latency)
  io.write(string.format("requests_per_second=%.0f requests=%d p50_us=%.0f p99_us=%.0f failed=%d\n",
    summary.requests / (summary.duration / 1e6), summary.requests, latency:percentile(50), latency:percentile(99),
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout + summary.errors.status))
end
