/**
 * The limits of `@org/token-limiter` in Lua: Redis runs a script alone, so nothing comes between its read and its write. The
 * conformance suite holds these against the pure limits, number by number.
 *
 * A key is a hash: `expires_at` ("" for never) and per limit `<name>` with its state as JSON.
 */
const LIMITS = `
local function quota(spec, state, now)
  local start = spec.windowMs and math.floor(now / spec.windowMs) * spec.windowMs or 0
  if state and state.windowStart >= start then start = state.windowStart else state = nil end
  local self = { used = state and state.used or 0 }
  function self.status()
    local left = math.max(0, spec.limit - self.used)
    local ends = spec.windowMs and self.used > 0 and start + spec.windowMs - now or nil
    return { name = spec.name, limit = spec.limit, remaining = left, windowMs = spec.windowMs, resetMs = ends }
  end
  function self.fits(cost) return self.used + cost <= spec.limit end
  function self.wait(cost) return cost <= spec.limit and self.status().resetMs or nil end
  function self.charge(cost) self.used = self.used + cost end
  function self.state() return { used = self.used, windowStart = start } end
  function self.ends(keep) return spec.windowMs and math.max(keep or 0, start + spec.windowMs) or keep end
  return self
end

local function sliding_window(spec, state, now)
  local old, runs, used = state and state.runs or {}, {}, 0
  local newest = old[#old - 1] or now
  local over = math.max(now, newest) - spec.windowMs
  for i = 1, #old, 2 do
    if old[i] > over then
      runs[#runs + 1], runs[#runs + 2] = old[i], old[i + 1]
      used = used + old[i + 1]
    end
  end
  local self = {}
  function self.status()
    local resets = runs[1] and runs[1] + spec.windowMs - now or nil
    local left = math.max(0, spec.limit - used)
    return { name = spec.name, limit = spec.limit, remaining = left, windowMs = spec.windowMs, resetMs = resets }
  end
  function self.fits(cost) return used + cost <= spec.limit end
  function self.wait(cost)
    if cost > spec.limit then return nil end
    local freed = 0
    for i = 1, #runs, 2 do
      freed = freed + runs[i + 1]
      if freed >= used + cost - spec.limit then return runs[i] + spec.windowMs - now end
    end
  end
  function self.charge(cost)
    used = used + cost
    if runs[1] and runs[#runs - 1] >= now then runs[#runs] = runs[#runs] + cost
    else runs[#runs + 1], runs[#runs + 2] = now, cost end
  end
  function self.state() return { runs = runs } end
  function self.ends(keep) return math.max(keep or 0, (runs[#runs - 1] or 0) + spec.windowMs) end
  return self
end

local function token_bucket(spec, state, now)
  local full = spec.limit * spec.windowMs
  local parts, at = full, now
  if state then
    local elapsed = math.min(spec.windowMs, math.max(0, now - state.at))
    parts, at = math.min(full, state.parts + elapsed * spec.limit), math.max(now, state.at)
  end
  local function reaches(wanted) return at + math.ceil((wanted - parts) / spec.limit) end
  local self = {}
  function self.status()
    local left = math.max(0, math.floor(parts / spec.windowMs))
    local resets = parts < full and reaches((left + 1) * spec.windowMs) - now or nil
    return { name = spec.name, limit = spec.limit, remaining = left, windowMs = spec.windowMs, resetMs = resets }
  end
  function self.fits(cost) return cost <= spec.limit and parts >= cost * spec.windowMs end
  function self.wait(cost) return cost <= spec.limit and reaches(cost * spec.windowMs) - now or nil end
  function self.charge(cost) parts = parts - cost * spec.windowMs end
  function self.state() return { parts = parts, at = at } end
  function self.ends(keep) return math.max(keep or 0, reaches(full)) end
  return self
end

local kinds = { quota = quota, sliding_window = sliding_window, token_bucket = token_bucket }

-- cjson writes 14 digits of a number: too few for a time and a count at once.
local function encode(value)
  if type(value) == "table" then
    local parts = {}
    if value[1] ~= nil then
      for i, item in ipairs(value) do parts[i] = encode(item) end
      return "[" .. table.concat(parts, ",") .. "]"
    end
    for name, item in pairs(value) do parts[#parts + 1] = '"' .. name .. '":' .. encode(item) end
    return "{" .. table.concat(parts, ",") .. "}"
  end
  if type(value) == "number" then return string.format("%.17g", value) end
  if type(value) == "boolean" then return tostring(value) end
  return '"' .. value .. '"'
end

local time = redis.call("TIME")
local now = tonumber(ARGV[2]) or time[1] * 1000 + math.floor(time[2] / 1000)
local specs = cjson.decode(ARGV[1])
local cost = tonumber(ARGV[3])

local function load(spec)
  local stored = redis.call("HGET", KEYS[1], spec.name)
  return kinds[spec.kind](spec, stored and cjson.decode(stored) or nil, now)
end
`;

/** KEYS: the key. ARGV: limits as JSON, now ("" for the server's clock), cost, expiresAt ("" for never). Answers a decision as JSON. */
export const TAKE_SCRIPT: string = `${LIMITS}
local expires = tonumber(ARGV[4])
local late = expires and expires <= now
local loaded, statuses, denied_by = {}, {}, nil
for i, spec in ipairs(specs) do
  loaded[i] = load(spec)
  statuses[i] = loaded[i].status()
  if late then statuses[i].remaining = 0
  elseif not loaded[i].fits(cost) then
    statuses[i].retryAfterMs = loaded[i].wait(cost)
    denied_by = denied_by or spec.name
  end
end
if late then denied_by = specs[1].name end
if denied_by then return encode({ admitted = false, limits = statuses, deniedBy = denied_by }) end

local before = redis.call("HGET", KEYS[1], "expires_at")
local keep = expires
if before then
  local held = tonumber(before)
  keep = held and expires and math.max(held, expires) or nil
end
local ends, never = 0, false
for i, spec in ipairs(specs) do
  loaded[i].charge(cost)
  statuses[i] = loaded[i].status()
  redis.call("HSET", KEYS[1], spec.name, encode(loaded[i].state()))
  local own = loaded[i].ends(keep)
  if own then ends = math.max(ends, own) else never = true end
end
redis.call("HSET", KEYS[1], "expires_at", never and "" or string.format("%.17g", ends))
if never then redis.call("PERSIST", KEYS[1])
elseif ARGV[2] == "" then redis.call("PEXPIREAT", KEYS[1], string.format("%.0f", math.ceil(ends)))
else redis.call("PEXPIRE", KEYS[1], string.format("%.0f", math.max(1, math.ceil(ends - now)))) end
return encode({ admitted = true, limits = statuses, takenAt = now })
`;

/** KEYS: the key. ARGV: limits as JSON, now, cost, takenAt. Quotas only: a rate gets nothing back. */
export const GIVE_SCRIPT: string = `${LIMITS}
local taken_at = tonumber(ARGV[4])
for _, spec in ipairs(specs) do
  local stored = spec.kind == "quota" and redis.call("HGET", KEYS[1], spec.name)
  if stored then
    local state = cjson.decode(stored)
    local start = spec.windowMs and math.floor(taken_at / spec.windowMs) * spec.windowMs or 0
    if start == state.windowStart then
      state.used = math.max(0, state.used - cost)
      redis.call("HSET", KEYS[1], spec.name, encode(state))
    end
  end
end
`;
