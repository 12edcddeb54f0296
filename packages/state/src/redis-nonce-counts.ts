import type { NonceCounts } from "./nonce-counts.js";
import { nonceWindowSize } from "./nonce-window.js";
import type { RedisConnection, Script } from "./redis-connection.js";

/**
 * The window of `nonce-window.ts` as text: the highest count, a colon, and a 1 or 0 for each of the 64 counts
 * down from it. KEYS: the window. ARGV: the count, the size of the window, the time to live.
 */
const acceptNonceCount = `
local nc, size = tonumber(ARGV[1]), tonumber(ARGV[2])
local top, seen = 0, ""
local window = redis.call("GET", KEYS[1])
if window then
  local colon = string.find(window, ":", 1, true)
  top, seen = tonumber(string.sub(window, 1, colon - 1)), string.sub(window, colon + 1)
end
if nc > top then
  local gap = math.min(nc - top, size)
  seen = string.sub("1" .. string.rep("0", gap - 1) .. seen, 1, size)
  top = nc
else
  local place = top - nc + 1
  if nc < 1 or place > size or string.sub(seen, place, place) == "1" then return 0 end
  seen = seen .. string.rep("0", place - #seen)
  seen = string.sub(seen, 1, place - 1) .. "1" .. string.sub(seen, place + 1)
end
redis.call("SET", KEYS[1], string.format("%.0f:%s", top, seen), "PX", ARGV[3])
return 1`;

/** Nonce counts shared by every process of a deployment. */
export class RedisNonceCounts implements NonceCounts {
  readonly #accept: Script;

  constructor(
    connection: RedisConnection,
    private readonly prefix: string,
  ) {
    this.#accept = connection.script("acceptNonceCount", 1, acceptNonceCount);
  }

  async accept(nonce: string, nc: number, ttlMs: number): Promise<boolean> {
    return (await this.#accept(`${this.prefix}nonce:${nonce}`, nc, nonceWindowSize, ttlMs)) === 1;
  }
}
