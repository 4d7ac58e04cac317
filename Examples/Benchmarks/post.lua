-- wrk: POST one CloudEvent of 1 KiB a request, each with an id of its own.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")
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
