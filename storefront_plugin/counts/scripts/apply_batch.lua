-- Applies one numbered batch to one shard, exactly once.
--
-- KEYS 1 position, 2 counts, 3 sold, 4 totals, then for each changed product: weights, support
-- ARGV 1 position the batch follows on, 2 position it leads to, 3 neighbours kept, 4 neighbours that trigger the cut,
--      5 day of the newest order, 6 orders too large for pairs, 7 counts, 8 a bit a product number, in hexadecimal digits,
--      set where it cannot be sold,
--      then for each changed product: its number, the orders it came with, the orders it went with
--      Lists are text, a line each: 'product n sold' in counts, else 'weight product product …' of one order, the
--      product itself among them. All are whole numbers below 2^53, and stay text: Redis is slow at printing doubles.
--
-- Returns 'OK', 'DONE' (held already), or the shard's own position ('' without one); then nothing was written.

local call = redis.call

local position = call('GET', KEYS[1])
if position == ARGV[2] then return 'DONE' end
if position ~= ARGV[1] then return position or '' end

local keep, limit = tonumber(ARGV[3]), tonumber(ARGV[4])
local day, large = tonumber(ARGV[5]), tonumber(ARGV[6])
local products = (#KEYS - 4) / 2

-- There is no rollback: everything is checked before the first write.
if not (keep and limit and day and large) or #ARGV ~= 8 + 3 * products then
  return redis.error_reply('BADBATCH arguments do not fit')
end
for i = 7, #ARGV do
  local is_product = i > 8 and i % 3 == 0
  if i ~= 8 and not string.find(ARGV[i], is_product and '^%d+$' or '^[%d %-\n]*\n$') and (is_product or ARGV[i] ~= '') then
    return redis.error_reply('BADBATCH a list is cut off')
  end
end
local fresh = {}
for i = 2, #KEYS do
  local kind = call('TYPE', KEYS[i]).ok
  local wanted = (i > 4 and i % 2 == 1) and 'zset' or 'hash'
  if kind ~= 'none' and kind ~= wanted then
    return redis.error_reply('BADBATCH ' .. KEYS[i] .. ' is not a ' .. wanted)
  end
  fresh[i] = kind == 'none'
end

-- Each batch and each rebuild leaves totals: where there are none after the first batch, Redis has evicted keys.
if fresh[4] and not string.find(position, '^0:') then
  call('SET', KEYS[1], 'damaged')
  return redis.error_reply('DAMAGED keys were evicted')
end

local counted, sold_before = call('HLEN', KEYS[2]), call('HLEN', KEYS[3])

call('SET', KEYS[1], ARGV[2])

local function each(orders, own, visit)
  for weight, products in string.gmatch(orders, '(%d+) ([%d ]+)\n') do
    for neighbour in string.gmatch(products, '%d+') do
      if neighbour ~= own then visit(weight, neighbour) end
    end
  end
end

local function is_unsellable(product)
  local digit = tonumber(string.sub(ARGV[8], math.floor(product / 4) + 1, math.floor(product / 4) + 1), 16) or 0
  return math.floor(digit / 2 ^ (3 - product % 4)) % 2 == 1
end

-- The lightest go. Half of the places are the strongest's; of the others what cannot be sold goes first.
local function lightest(weights, surplus)
  if ARGV[8] == '' then return call('ZRANGE', weights, 0, surplus - 1) end
  local sellable, dropped = {}, {}
  for _, neighbour in ipairs(call('ZRANGE', weights, 0, surplus + math.floor(keep / 2) - 1)) do
    if is_unsellable(tonumber(neighbour)) and #dropped < surplus then
      dropped[#dropped + 1] = neighbour
    else
      sellable[#sellable + 1] = neighbour
    end
  end
  for i = 1, surplus - #dropped do dropped[#dropped + 1] = sellable[i] end
  return dropped
end

local function cut(weights, support)
  local dropped = lightest(weights, call('ZCARD', weights) - keep)
  for from = 1, #dropped, 1000 do
    local some = {unpack(dropped, from, math.min(from + 999, #dropped))}
    call('ZREM', weights, unpack(some))
    call('HDEL', support, unpack(some))
  end
end

local function change(weights, support, own, came, went)
  each(came, own, function(weight, neighbour)
    call('ZINCRBY', weights, weight, neighbour)
    call('HINCRBY', support, neighbour, '1')
  end)
  each(went, own, function(weight, neighbour)
    local standing = call('HGET', support, neighbour)
    if standing and tonumber(standing) <= 1 then
      call('ZREM', weights, neighbour)
      call('HDEL', support, neighbour)
    elseif standing then
      local left = tonumber(call('ZSCORE', weights, neighbour)) - tonumber(weight)
      call('ZADD', weights, math.max(left, 0), neighbour)
      call('HINCRBY', support, neighbour, '-1')
    end
  end)
  local size = call('ZCARD', weights)
  if size > limit then cut(weights, support) end
  return size
end

local function add(field, more)
  if more ~= 0 then call('HINCRBY', KEYS[4], field, more) end
end

-- 1 for a key that came to be, -1 for one that is gone.
local function difference(was_fresh, stands)
  return (stands and 1 or 0) - (was_fresh and 0 or 1)
end

local function apply()
  for product, count, sold in string.gmatch(ARGV[7], '(%d+) (%-?%d+) (%-?%d+)\n') do
    call('HINCRBY', KEYS[2], product, count)
    call('HINCRBY', KEYS[3], product, sold)
  end
  local sets, supports = 0, 0
  for i = 1, products do
    local weights, support = KEYS[3 + 2 * i], KEYS[4 + 2 * i]
    local size = change(weights, support, ARGV[6 + 3 * i], ARGV[7 + 3 * i], ARGV[8 + 3 * i])
    sets = sets + difference(fresh[3 + 2 * i], size > 0)
    local unsure = fresh[4 + 2 * i] or size == 0
    supports = supports + difference(fresh[4 + 2 * i], not unsure or call('EXISTS', support) == 1)
  end
  -- What the audit compares: a key that Redis evicted and a later batch made anew differs for ever.
  add('sets', sets)
  add('supports', supports)
  add('counts', call('HLEN', KEYS[2]) - counted)
  add('sold', call('HLEN', KEYS[3]) - sold_before)
  add('large', large)
  if day > tonumber(call('HGET', KEYS[4], 'day') or '-999999') then call('HSET', KEYS[4], 'day', day) end
end

local done, trouble = pcall(apply)
if not done then
  -- Half a batch stands here: no batch may follow on it, and a rebuild replaces the shard.
  call('SET', KEYS[1], 'damaged')
  return redis.error_reply('DAMAGED ' .. (type(trouble) == 'table' and trouble.err or tostring(trouble)))
end
return 'OK'
