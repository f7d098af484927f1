-- Most of what Lua has, but errors and coroutines: they need a way back through frames of C.
local function show(...) print(table.concat({...}, " ")) end

-- Numbers.
print(7 // 2, -7 // 2, 7 % -3, 7.5 // 2, 2 ^ 0.5, 10 / 4, 1e100, -0.0, 3 | 4, 5 ~ 1, ~0, 1 << 63 >> 62)
print(math.maxinteger + 1 == math.mininteger, math.tointeger(3.0), 0x7fffffffffffffff, 0x1p4, 1e15, 1e16)
print(math.floor(-3.5), math.ceil(-3.5), math.fmod(-7, 3), math.ult(1, -1), math.type(1), math.type(1.0))
print(string.format("%5d|%-5d|%05.1f|%g|%a|%q|%s", 42, 42, 3.14159, 1e20, 1.5, "a\n\0b", nil))

-- Text.
local text = "The quick brown fox jumps over the lazy dog"
print(#text, text:upper(), text:rep(2, "; "):sub(-20), text:find("fox"), text:byte(1, 3))
print(text:gsub("%w+", function(word) return #word > 4 and word:reverse() or nil end))
for key, value in ("a=1, bc=22, d=333"):gmatch("(%w+)=(%w+)") do show(key, value) end
print(("x"):rep(3), ("%d%%"):format(50), ("a,b,,c"):gsub(",", ";", 2), ("  trim  "):match("^%s*(.-)%s*$"))
print(string.pack("<i4 >i2 z s1", 100000, -2, "zero", "one"):byte(1, -1))
print(string.unpack("<d", string.pack("<d", math.pi)), utf8.char(72, 228, 8364, 128512), utf8.len("häß€"))
for position, code in utf8.codes("aé€") do show(position, code) end

-- Tables and sorting.
local list = {}
local seed = 42
for i = 1, 2000 do
  seed = (seed * 1103515245 + 12345) % 2147483648
  list[i] = seed % 10007
end
table.sort(list)
print(list[1], list[1000], list[2000], #list, table.concat(list, ",", 1, 8))
table.sort(list, function(a, b) return a % 100 < b % 100 or (a % 100 == b % 100 and a > b) end)
print(table.concat(list, ",", 1, 8), select("#", table.unpack(list, 1, 50)))
table.insert(list, 1, "first"); table.insert(list, "last"); table.remove(list, 2)
print(list[1], list[#list], next({}), rawlen(list), #table.move(list, 1, 3, 10, {}))

-- Objects.
local Vector = {}
Vector.__index = Vector
Vector.__add = function(a, b) return Vector.new(a.x + b.x, a.y + b.y) end
Vector.__eq = function(a, b) return a.x == b.x and a.y == b.y end
Vector.__lt = function(a, b) return a.x < b.x end
Vector.__tostring = function(v) return ("(%g, %g)"):format(v.x, v.y) end
Vector.__call = function(v, k) return Vector.new(v.x * k, v.y * k) end
Vector.__concat = function(a, b) return tostring(a) .. tostring(b) end
Vector.__len = function() return 2 end
function Vector.new(x, y) return setmetatable({x = x, y = y}, Vector) end
local v = Vector.new(1, 2) + Vector.new(0.5, 0.25)
print(tostring(v), tostring(v(2)), v == Vector.new(1.5, 2.25), v < Vector.new(2, 0), v .. v, #v)
local defaults = setmetatable({}, {__index = function(t, k) return k .. "!" end, __newindex = rawset})
print(defaults.hello, defaults[1]); defaults.x = 5; print(defaults.x)
do local closed <close> = setmetatable({}, {__close = function() print("closed") end}) end

-- Functions.
local function counter() local n = 0; return function(step) n = n + (step or 1); return n end end
local one, two = counter(), counter()
print(one(), one(5), two(), one())
local function sum(first, ...) if first then return first + sum(...) end return 0 end
print(sum(1, 2, 3, 4, 5), (sum(1, 2)), pcall(sum, 1, 2))
local function loop(n) if n == 0 then return "tail calls" end return loop(n - 1) end
print(loop(100000))
for i = 10, 1, -3 do io.write(i, i > 1 and "," or "\n") end
for i = 1, 3 do for j = 1, 3 do if j == 2 then goto next end io.write(i, j, " ") ::next:: end end print()
local code = load("local a, b = ...; return a * b, _ENV ~= nil")
print(code(6, 7))

-- Work: garbage, hashing, closures.
local words, total = {}, 0
for i = 1, 20000 do
  local word = "w" .. i % 997
  words[word] = (words[word] or 0) + i
end
for _, count in pairs(words) do total = total + count end
print(total, collectgarbage("count") > 0, collectgarbage())
local primes = {}
for n = 2, 2000 do
  local prime = true
  for _, p in ipairs(primes) do
    if p * p > n then break end
    if n % p == 0 then prime = false break end
  end
  if prime then primes[#primes + 1] = n end
end
print(#primes, primes[#primes])

-- Files.
local file = assert(io.open("lines.txt", "w"))
for i = 1, 5 do file:write("line ", i, "\n") end
file:close()
for line in io.lines("lines.txt") do io.write("[", line, "]") end print()
file = io.open("lines.txt", "r+b"); file:seek("set", 7); print(file:read("l", "n", 3)); file:close()
os.rename("lines.txt", "moved.txt")
print(io.open("lines.txt"), os.time({year = 2024, month = 2, day = 29, hour = 12}) // 3600)
print(os.date("!%Y-%m-%d %H:%M:%S", 1700000000), type(os.clock()), arg[1], #arg)
print(io.read("n", "l", "L", "a"))
