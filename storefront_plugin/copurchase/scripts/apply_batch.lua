-- Applies one numbered batch to one shard, exactly once.
--
-- KEYS 1 position, 2 counts, 3 sold, 4 totals, then for each changed product: weights, support
-- ARGV 1 position the batch follows on, 2 position it leads to, 3 neighbours kept, 4 neighbours that trigger the cut,
--      5 day of the newest order, 6 orders too large for pairs, 7 counts, then for each changed product: added, removed
--      Counts, added and removed are packed little-endian doubles in threes: (product, n, sold) and
--      (neighbour, weight, support). All are whole numbers below 2^53.
--
-- Returns 'OK', 'DONE' (held already), or the shard's own position ('' without one); then nothing was written.

local TRIPLE = '<ddd'
local TRIPLE_BYTES = 24

local position = redis.call('GET', KEYS[1])
if position == ARGV[2] then return 'DONE' end
if position ~= ARGV[1] then return position or '' end

local keep, limit = tonumber(ARGV[3]), tonumber(ARGV[4])
local day, large = tonumber(ARGV[5]), tonumber(ARGV[6])
local products = (#KEYS - 4) / 2

-- There is no rollback: everything is checked before the first write.
if not (keep and limit and day and large) or #ARGV ~= 7 + 2 * products then
  return redis.error_reply('BADBATCH arguments do not fit')
end
for i = 7, #ARGV do
  if #ARGV[i] % TRIPLE_BYTES ~= 0 then return redis.error_reply('BADBATCH a list is cut off') end
end
local fresh = {}
for i = 2, #KEYS do
  local kind = redis.call('TYPE', KEYS[i]).ok
  local wanted = (i > 4 and i % 2 == 1) and 'zset' or 'hash'
  if kind ~= 'none' and kind ~= wanted then
    return redis.error_reply('BADBATCH ' .. KEYS[i] .. ' is not a ' .. wanted)
  end
  fresh[i] = kind == 'none'
end

redis.call('SET', KEYS[1], ARGV[2])

local function each(packed, visit)
  local at, first, second, third = 1, nil, nil, nil
  while at <= #packed do
    first, second, third, at = struct.unpack(TRIPLE, packed, at)
    visit(first, second, third)
  end
end

local function cut(weights, support)
  local surplus = redis.call('ZCARD', weights) - keep
  local dropped = redis.call('ZRANGE', weights, 0, surplus - 1)
  redis.call('ZREMRANGEBYRANK', weights, 0, surplus - 1)
  for from = 1, #dropped, 1000 do
    redis.call('HDEL', support, unpack(dropped, from, math.min(from + 999, #dropped)))
  end
end

local function change(weights, support, added, removed)
  each(added, function(neighbour, weight, orders)
    redis.call('ZINCRBY', weights, weight, neighbour)
    redis.call('HINCRBY', support, neighbour, orders)
  end)
  each(removed, function(neighbour, weight, orders)
    local standing = redis.call('HGET', support, neighbour)
    if standing and tonumber(standing) <= orders then
      redis.call('ZREM', weights, neighbour)
      redis.call('HDEL', support, neighbour)
    elseif standing then
      local left = tonumber(redis.call('ZSCORE', weights, neighbour)) - weight
      redis.call('ZADD', weights, math.max(left, 0), neighbour)
      redis.call('HINCRBY', support, neighbour, -orders)
    end
  end)
  local size = redis.call('ZCARD', weights)
  if size > limit then cut(weights, support) end
  return size
end

local function apply()
  each(ARGV[7], function(product, count, sold)
    redis.call('HINCRBY', KEYS[2], product, count)
    redis.call('HINCRBY', KEYS[3], product, sold)
  end)
  local sets = 0
  for i = 1, products do
    local weights = KEYS[3 + 2 * i]
    local size = change(weights, KEYS[4 + 2 * i], ARGV[6 + 2 * i], ARGV[7 + 2 * i])
    if fresh[3 + 2 * i] and size > 0 then sets = sets + 1 end
    if not fresh[3 + 2 * i] and size == 0 then sets = sets - 1 end
  end
  if sets ~= 0 then redis.call('HINCRBY', KEYS[4], 'sets', sets) end
  if large ~= 0 then redis.call('HINCRBY', KEYS[4], 'large', large) end
  if day > tonumber(redis.call('HGET', KEYS[4], 'day') or '-999999') then redis.call('HSET', KEYS[4], 'day', day) end
end

local done, trouble = pcall(apply)
if not done then
  -- Half a batch stands here: no batch may follow on it, and a rebuild replaces the shard.
  redis.call('SET', KEYS[1], 'damaged')
  return redis.error_reply('DAMAGED ' .. (type(trouble) == 'table' and trouble.err or tostring(trouble)))
end
return 'OK'
