-- What the benchmark has Lua do: tables, closures, strings, patterns, numbers.
local words, sum = {}, 0
local function counter()
  local count = 0
  return function() count = count + 1; return count end
end
local next_number = counter()
for i = 1, 20000 do
  words[#words + 1] = ("%s%d"):format(("abcdefgh"):sub(i % 8 + 1), i * 7919 % 1009)
  sum = sum + next_number() % 7
end
table.sort(words)
local counts = {}
for word in table.concat(words, " "):gmatch("%a+") do counts[word] = (counts[word] or 0) + 1 end
local keys = {}
for key in pairs(counts) do keys[#keys + 1] = key end
table.sort(keys)
for _, key in ipairs(keys) do io.write(key, "=", counts[key], " ") end
local grid = {}
for i = 1, 120 do
  grid[i] = {}
  for j = 1, 120 do grid[i][j] = (i * j) % 17 end
end
for _ = 1, 6 do
  for i = 2, 119 do
    local above, row, below = grid[i - 1], grid[i], grid[i + 1]
    for j = 2, 119 do row[j] = (above[j] + below[j] + row[j - 1] + row[j + 1]) % 17 end
  end
end
for i = 1, 120 do sum = sum * 31 % 1000003 + grid[i][i] end
local setmt = setmetatable({}, { __index = function(_, key) return key * 2 end })
for i = 1, 50000 do sum = (sum + setmt[i]) % 1000003 end
print(sum, words[1], words[#words])
