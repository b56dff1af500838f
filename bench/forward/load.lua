-- wrk script: internal forward calls of GET /hello, one tunnel after the other.
-- Arguments: file of tokens (one a line), internal secret (or nothing).
local requests = {}
local last = 0

function init(args)
  local headers = { ["X-Forward-Method"] = "GET", ["X-Forward-Target"] = "/hello" }
  if args[2] then headers["Authorization"] = "Bearer " .. args[2] end
  for token in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("POST", "/internal/forward/http?token=" .. token, headers, "")
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '{"requests":%d,"micros":%d,"failed":%d,"status":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, e.connect + e.read + e.write + e.timeout, e.status,
    latency:percentile(50), latency:percentile(99)))
end
