import type { Allowance, RateLimits } from "./rate-limits.js";
import type { RedisConnection, Script } from "./redis-connection.js";

/** Milliseconds to wait, or 0 when one was taken. KEYS: the window. ARGV: the limit, the length of the window. */
const takeOne = `
if tonumber(ARGV[1]) < 1 then return tonumber(ARGV[2]) end
local taken = tonumber(redis.call("GET", KEYS[1]) or "0")
if taken >= tonumber(ARGV[1]) then return math.max(1, redis.call("PTTL", KEYS[1])) end
if redis.call("INCR", KEYS[1]) == 1 then redis.call("PEXPIRE", KEYS[1], ARGV[2]) end
return 0`;

/** Rate limits shared by every process of a deployment. */
export class RedisRateLimits implements RateLimits {
  readonly #take: Script;

  constructor(
    connection: RedisConnection,
    private readonly prefix: string,
  ) {
    this.#take = connection.script("takeOne", 1, takeOne);
  }

  async take(key: string, limitPerWindow: number, windowMs: number): Promise<Allowance> {
    const waitMs = Number(await this.#take(`${this.prefix}rate:${key}`, limitPerWindow, windowMs));
    return waitMs === 0 ? { kind: "allowed" } : { kind: "limited", retryAfterMs: waitMs };
  }
}
