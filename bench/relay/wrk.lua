-- This wrk script makes the calls of a file that writeCalls wrote, one after the other.
local requests = {}
local last = 0

function init(args)
  local headers, inHead = {}, true
  for line in io.lines(args[1]) do
    if line == "" then
      inHead = false
    elseif inHead then
      local name, value = line:match("^(.-): (.*)$")
      headers[name] = value
    else
      local method, path = line:match("^(%S+) (%S+)$")
      requests[#requests + 1] = wrk.format(method, path, headers, method ~= "GET" and "" or nil)
    end
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
