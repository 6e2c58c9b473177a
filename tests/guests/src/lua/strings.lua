-- strings.lua [N]: patterns, formatting, string.pack, tables as arrays, hashes and queues, sorting, metatables, goto
local n = tonumber(arg[1]) or 300

local words, count = {}, {}
local seed = 7
local function rnd(k)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 10) % k
end
local letters = "etaoinshrdlu"
for i = 1, n do
  local w = {}
  for k = 1, 2 + rnd(5) do
    local at = 1 + rnd(#letters)
    w[k] = letters:sub(at, at)
  end
  words[i] = table.concat(w)
end
local text = table.concat(words, " ")
for w in text:gmatch("%a+") do count[w] = (count[w] or 0) + 1 end
local order = {}
for w in pairs(count) do order[#order + 1] = w end
table.sort(order, function(a, b)
  if count[a] ~= count[b] then return count[a] > count[b] end
  return a < b
end)
print("words", #text, #order, order[1], count[order[1]], order[#order])
local swapped, times = text:gsub("(%a)(%a)(%a*)", "%2%1%3")
print("gsub", times, swapped:sub(1, 40), text:upper():reverse():sub(1, 30))
print("find", text:find("[aeiou][aeiou]"), text:find("tt", 1, true), text:match("(%a-)h(%a+)"), ("%d+"):len())

local packed = {}
for i = 1, n do packed[i] = string.pack("<i4dz", i * 7919 - n, i / 3, words[i]) end
local blob, at, total, chars = table.concat(packed), 1, 0, 0
while at <= #blob do
  local a, b, c
  a, b, c, at = string.unpack("<i4dz", blob, at)
  total = total + a * b
  chars = chars + #c
end
print(("packed %d %.3f %d"):format(#blob, total, chars))

local Vec = {}
Vec.__index = Vec
Vec.__add = function(a, b) return setmetatable({ x = a.x + b.x, y = a.y + b.y }, Vec) end
Vec.__eq = function(a, b) return a.x == b.x and a.y == b.y end
Vec.__lt = function(a, b) return a.x < b.x end
Vec.__tostring = function(v) return ("<%d,%d>"):format(v.x, v.y) end
Vec.__call = function(v, k) return v.x * k + v.y end
Vec.__len = function(v) return v.x end
Vec.__concat = function(a, b) return tostring(a) .. tostring(b) end
local v = setmetatable({ x = 0, y = 0 }, Vec)
for i = 1, n do v = v + setmetatable({ x = i, y = i % 3 }, Vec) end
print("vector", tostring(v), v(2), #v, v == v + setmetatable({ x = 0, y = 0 }, Vec), v .. v)

local sieve, primes = {}, {}
for i = 2, n * 4 do
  if sieve[i] then goto continue end
  primes[#primes + 1] = i
  for k = i * i, n * 4, i do sieve[k] = true end
  ::continue::
end
print("primes", #primes, primes[#primes], table.concat(primes, ",", 1, 10), table.unpack(primes, 11, 13))

local queue = {}
for i = 1, n do table.insert(queue, 1 + rnd(#queue + 1), i) end
local moved = table.move(queue, 1, #queue, n // 2, {})
local hash = 0
while #queue > 0 do hash = (hash * 31 + table.remove(queue, 1 + rnd(#queue))) % 1000000007 end
print("queue", hash, #moved, moved[n])
local weak = setmetatable({}, { __mode = "k" })
for i = 1, n do weak[{}] = i end
collectgarbage()
local alive = 0
for _ in pairs(weak) do alive = alive + 1 end
print("weak", alive, collectgarbage("count") < 4096)
print(("%q %5s|%-5s|%05d %x %g %g %i"):format("a\0b\n\"", "ab", "ab", -42, 255, 0.1, 1e100, 3.0), 1 << 62, ~0, 5 // 0.0, -5 % math.huge)
print(utf8.len("naïve→"), utf8.codepoint("→", 1), ("x"):rep(3, "-"), tostring(1e15), tostring(-0.0), 0x.8p1, tonumber("0x1F"), tonumber("z", 36))
