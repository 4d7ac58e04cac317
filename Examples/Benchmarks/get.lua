-- wrk: GET of one path; `%d` in PATTERN becomes a number below COUNT, another one each time.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")
local pattern, count = os.getenv("PATTERN"), tonumber(os.getenv("COUNT") or "1")
math.randomseed(1)
function request()
  return "GET " .. string.format(pattern, math.random(0, count - 1)) .. " HTTP/1.1\r\nHost: localhost\r\n\r\n"
end
