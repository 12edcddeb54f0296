import type { Clock } from "@heliograph/kernel";
import type { Claim, RecentMessages } from "./recent-messages.js";
import type { RedisConnection, Script } from "./redis-connection.js";

const open = "o";
const settled = "s";

/**
 * Claims a message unless it is settled or somebody's. A value is `o` and when the claim lapses, or `s` and the
 * outcome. KEYS: the message. ARGV: now, when this claim would lapse, the time to live.
 */
const claimMessage = `
local value = redis.call("GET", KEYS[1])
if value then
  if string.sub(value, 1, 1) == "s" then return value end
  if tonumber(string.sub(value, 2)) > tonumber(ARGV[1]) then return value end
end
redis.call("SET", KEYS[1], "o" .. ARGV[2], "PX", ARGV[3])
return false`;

/** Recent messages shared by every process of a deployment. */
export class RedisRecentMessages implements RecentMessages {
  readonly #claim: Script;

  constructor(
    private readonly connection: RedisConnection,
    private readonly prefix: string,
    private readonly clock: Pick<Clock, "nowMs">,
    private readonly claimLeaseMs: number,
  ) {
    this.#claim = connection.script("claimMessage", 1, claimMessage);
  }

  async claim(key: string, ttlMs: number): Promise<Claim> {
    const nowMs = this.clock.nowMs();
    const value = await this.#claim(this.#key(key), nowMs, nowMs + this.claimLeaseMs, ttlMs);
    if (typeof value !== "string") return { kind: "first" };
    return value.startsWith(open)
      ? { kind: "open" }
      : { kind: "settled", outcome: value.slice(settled.length) };
  }

  async settle(key: string, outcome: string): Promise<void> {
    await this.connection.run("settle", (redis) =>
      redis.call("SET", this.#key(key), settled + outcome, "XX", "KEEPTTL"),
    );
  }

  async release(key: string): Promise<void> {
    await this.connection.run("release", (redis) => redis.del(this.#key(key)));
  }

  #key(key: string): string {
    return `${this.prefix}message:${key}`;
  }
}
