-- wrk: POST /events of Ark's controller, one event a request. Each query has 40 events, each session 25 queries.
-- START in the environment is the number of the first event.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")
local head = "POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
local reasons = { "QueryExecutionStart", "AgentExecutionStart", "LLMCallStart", "LLMCallComplete", "ToolCallStart",
  "ToolCallComplete", "AgentExecutionComplete", "QueryExecutionComplete" }
local number = tonumber(os.getenv("START") or "0")
function request()
  local query = math.floor(number / 40)
  local body = string.format(
    '{"timestamp":"2026-08-20T10:15:30.%09dZ","eventType":"Normal","reason":"%s","message":"Tool execution completed successfully",'
      .. '"data":{"conversationId":"c-%06d","durationMs":"812.44","parameters":"{\\"city\\":\\"Paris\\"}","queryId":"uid-%07d",'
      .. '"queryName":"query-%07d","queryNamespace":"default","sessionId":"s-%06d","toolId":"call_abc","toolName":"get_weather","toolType":"mcp"}}',
    number % 1000000000, reasons[number % 8 + 1], math.floor(query / 25), query, query, math.floor(query / 25))
  number = number + 1
  return head .. #body .. "\r\n\r\n" .. body
end
