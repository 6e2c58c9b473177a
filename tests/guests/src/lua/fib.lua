-- fib.lua [N [ROUNDS]]: recursive calls, closures, varargs, a memoised version
local n, rounds = tonumber(arg[1]) or 20, tonumber(arg[2]) or 1

local function fib(k)
  if k < 2 then return k end
  return fib(k - 1) + fib(k - 2)
end
local function memo(f)
  local seen = {}
  return function(k)
    local v = seen[k]
    if not v then
      v = f(k)
      seen[k] = v
    end
    return v
  end
end
local fast
fast = memo(function(k) return k < 2 and k or fast(k - 1) + fast(k - 2) end)
local function ack(m, k)
  if m == 0 then return k + 1 end
  if k == 0 then return ack(m - 1, 1) end
  return ack(m - 1, ack(m, k - 1))
end
local function sum(...)
  local s = 0
  for i = 1, select("#", ...) do s = s + (select(i, ...)) end
  return s
end

for _ = 1, rounds do
  print("fib", n, fib(n))
end
print("memoised", fast(80), math.type(fast(80)))
print("ackermann", ack(2, n // 2))
print("varargs", sum(1, 2.5, 3, n))
print("float", fib(15) / 7, 2 ^ 53, 10 // 3, -7 // 2, -7 % 3, 7.5 // 2, 1e15, 0x7fffffffffffffff + 1)
