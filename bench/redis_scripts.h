// The lease store in Redis: what is kept under which key, and the scripts that lease and release.
//
//   proxy:<id>  hash: a proxy's attributes, its limit, how many leases it has, its place in the
//   order free        sorted set of the proxies below their limit, by leases * 2^42 + place, then
//   by id lease:<n>   hash: a lease that has not ended due         sorted set of those by their end
//   token       the last lease's number, which is its fencing token
//
// A place is the moment of the last check in milliseconds, so the least used proxy comes first, and
// of those the one that was checked longest ago. Scores are doubles: 2^11 leases a proxy are exact.
#pragma once

namespace pharox::bench {

// Ends those that are due, then leases the first free proxy.
// now, end, consumer -> {token, proxy id}, or nil when none is free.
inline constexpr const char* kRedisAcquire = R"(
local function free(id)
  local proxy = 'proxy:' .. id
  local leases = redis.call('HINCRBY', proxy, 'leases', -1)
  local place = redis.call('HGET', proxy, 'place')
  redis.call('ZADD', 'free', leases * 4398046511104 + place, id)
end
while true do
  local due = redis.call('ZRANGEBYSCORE', 'due', '-inf', ARGV[1], 'LIMIT', 0, 1)[1]
  if not due then break end
  free(redis.call('HGET', 'lease:' .. due, 'proxy'))
  redis.call('DEL', 'lease:' .. due)
  redis.call('ZREM', 'due', due)
end
local id = redis.call('ZRANGE', 'free', 0, 0)[1]
if not id then return false end
local proxy = 'proxy:' .. id
local row = redis.call('HMGET', proxy, 'limit', 'place')
local leases = redis.call('HINCRBY', proxy, 'leases', 1)
if row[1] and leases >= tonumber(row[1]) then
  redis.call('ZREM', 'free', id)
else
  redis.call('ZADD', 'free', leases * 4398046511104 + row[2], id)
end
local token = redis.call('INCR', 'token')
redis.call('HSET', 'lease:' .. token, 'proxy', id, 'consumer', ARGV[3],
           'acquired', ARGV[1], 'expires', ARGV[2])
redis.call('ZADD', 'due', ARGV[2], token)
return {token, id}
)";

// token -> 1, or 0 when it has ended before.
inline constexpr const char* kRedisRelease = R"(
local lease = 'lease:' .. ARGV[1]
local id = redis.call('HGET', lease, 'proxy')
if not id then return 0 end
redis.call('DEL', lease)
redis.call('ZREM', 'due', ARGV[1])
local proxy = 'proxy:' .. id
local leases = redis.call('HINCRBY', proxy, 'leases', -1)
redis.call('ZADD', 'free', leases * 4398046511104 + redis.call('HGET', proxy, 'place'), id)
return 1
)";

}  // namespace pharox::bench
