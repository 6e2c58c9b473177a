-- json.lua [RECORDS [ROUNDS]]: encodes and decodes JSON in plain Lua
local records, rounds = tonumber(arg[1]) or 60, tonumber(arg[2]) or 1

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r" }
local null = {}
local encode
local function text(s)
  return '"' .. s:gsub('[%c"\\]', function(c) return escapes[c] or ("\\u%04x"):format(c:byte()) end) .. '"'
end
function encode(v, out)
  local kind = type(v)
  if v == null then out[#out + 1] = "null"
  elseif kind == "string" then out[#out + 1] = text(v)
  elseif kind == "number" then out[#out + 1] = math.type(v) == "integer" and ("%d"):format(v) or ("%.14g"):format(v)
  elseif kind == "boolean" then out[#out + 1] = tostring(v)
  elseif v[1] ~= nil or next(v) == nil then
    out[#out + 1] = "["
    for i, e in ipairs(v) do
      if i > 1 then out[#out + 1] = "," end
      encode(e, out)
    end
    out[#out + 1] = "]"
  else
    local keys = {}
    for k in pairs(v) do keys[#keys + 1] = k end
    table.sort(keys)
    out[#out + 1] = "{"
    for i, k in ipairs(keys) do
      if i > 1 then out[#out + 1] = "," end
      out[#out + 1] = text(k) .. ":"
      encode(v[k], out)
    end
    out[#out + 1] = "}"
  end
end
local function dump(v)
  local out = {}
  encode(v, out)
  return table.concat(out)
end

local value
local plain = { n = "\n", t = "\t", r = "\r", b = "\b", f = "\f" }
local function space(s, i) return (s:find("%S", i)) or #s + 1 end
local function quoted(s, i)
  local parts, at = {}, i + 1
  while true do
    local j = s:find('["\\]', at)
    assert(j, "unfinished text")
    parts[#parts + 1] = s:sub(at, j - 1)
    if s:sub(j, j) == '"' then return table.concat(parts), j + 1 end
    local c = s:sub(j + 1, j + 1)
    if c == "u" then
      parts[#parts + 1] = utf8.char(tonumber(s:sub(j + 2, j + 5), 16))
      at = j + 6
    else
      parts[#parts + 1] = plain[c] or c
      at = j + 2
    end
  end
end
function value(s, i)
  i = space(s, i)
  local c = s:sub(i, i)
  if c == '"' then return quoted(s, i) end
  if c == "{" then
    local t = {}
    i = space(s, i + 1)
    if s:sub(i, i) == "}" then return t, i + 1 end
    while true do
      local k
      k, i = quoted(s, space(s, i))
      i = space(s, i)
      assert(s:sub(i, i) == ":", "colon")
      t[k], i = value(s, i + 1)
      i = space(s, i)
      local d = s:sub(i, i)
      if d == "}" then return t, i + 1 end
      assert(d == ",", "comma")
      i = i + 1
    end
  end
  if c == "[" then
    local t = {}
    i = space(s, i + 1)
    if s:sub(i, i) == "]" then return t, i + 1 end
    while true do
      t[#t + 1], i = value(s, i)
      i = space(s, i)
      local d = s:sub(i, i)
      if d == "]" then return t, i + 1 end
      assert(d == ",", "comma")
      i = i + 1
    end
  end
  local word = s:match("^%a+", i)
  if word == "true" then return true, i + 4 elseif word == "false" then return false, i + 5
  elseif word == "null" then return null, i + 4 end
  local number = s:match("^-?%d+%.?%d*[eE]?[+-]?%d*", i)
  assert(number, "value")
  return math.tointeger(tonumber(number)) or tonumber(number), i + #number
end

local seed = 42
local function rnd(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % n
end
local words = { "alpha", "be\"ta", "gam\nma", "del\\ta", "eps\tilon", "zeta", "naïve", "\1bell" }
local doc = {}
for i = 1, records do
  local r = { id = i, name = words[rnd(#words) + 1] .. rnd(100), ratio = rnd(100000) / 64, on = rnd(2) == 0, tags = {}, none = null }
  for k = 1, rnd(6) do r.tags[k] = words[rnd(#words) + 1] end
  r.where = { x = -rnd(1000), y = { rnd(10), { deep = { rnd(10), "x" } } } }
  doc[i] = r
end
local function sum(s)
  local a, b = 1, 0
  for i = 1, #s do
    a = (a + s:byte(i)) % 65521
    b = (b + a) % 65521
  end
  return ("%08x"):format(b << 16 | a)
end
local out = dump(doc)
print("encoded", #out, sum(out))
for i = 1, rounds do
  local again = dump((value(out, 1)))
  assert(again == out, "round trip")
end
print("decoded", #value(out, 1), dump(value(out, 1)[2]))
print(dump(value(' { "a" : [ 1 , -2.5e3, true, false, null, "\\u00e9\\n" ] , "b" : { } } ', 1)))
