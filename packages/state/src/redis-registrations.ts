import { Binding } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import { bindingsOffFlow, liveBindings } from "./live-bindings.js";
import type { Queues } from "./queues.js";
import type { RedisConnection } from "./redis-connection.js";
import type { Change, Reachability, Registrations } from "./registrations.js";
import { StateUnavailable } from "./state.js";

/** A mark outlives the longest time that a message may wait. */
const markTtlMs = 60 * 24 * 3_600_000;

/** So often a change starts again because another came in between. */
const maxAttempts = 50;

/**
 * Writes the bindings of a user if they are still what the caller has read. KEYS: bindings, users.
 * ARGV: what was read, what to write (empty: nothing is left), when the last binding ends, the user.
 */
const replaceBindings = `
local current = redis.call("GET", KEYS[1]) or ""
if current ~= ARGV[1] then return current end
if ARGV[2] == "" then
  redis.call("DEL", KEYS[1])
  redis.call("ZREM", KEYS[2], ARGV[4])
else
  redis.call("SET", KEYS[1], ARGV[2], "PXAT", ARGV[3])
  redis.call("ZADD", KEYS[2], ARGV[3], ARGV[4])
end
return false`;

/** Registrations shared by every process of a deployment: one string of JSON a user, replaced by compare-and-set. */
export class RedisRegistrations implements Registrations, Queues {
  readonly #replace;

  constructor(
    private readonly connection: RedisConnection,
    private readonly prefix: string,
    private readonly clock: Pick<Clock, "nowMs">,
  ) {
    this.#replace = connection.script("replaceBindings", 2, replaceBindings);
  }

  async bindingsOf(aor: string): Promise<readonly Binding[]> {
    return this.#parse(await this.#read(aor));
  }

  async reachabilityOf(aor: string): Promise<Reachability> {
    const [bindings, mark] = await this.connection.run("reachabilityOf", (redis) =>
      redis.mget(this.#bindingsKey(aor), this.#markKey(aor)),
    );
    return { bindings: this.#parse(bindings ?? ""), isQueued: typeof mark === "string" };
  }

  async change<T>(aor: string, decide: (current: readonly Binding[]) => Change<T>): Promise<T> {
    let read = await this.#read(aor);
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const current = this.#parse(read);
      const { bindings, reply } = decide(current);
      if (bindings === current) return reply;
      const found = await this.#write(aor, read, bindings);
      if (found === undefined) return reply;
      read = found;
    }
    throw new StateUnavailable("change: others are faster");
  }

  async closeFlow(node: string, flowId: string, aors: readonly string[]): Promise<readonly string[]> {
    const changed = await Promise.all(
      aors.map((aor) =>
        this.change(aor, (current) => {
          const left = bindingsOffFlow(current, node, flowId);
          const hasChanged = left.length < current.length;
          return { bindings: hasChanged ? left : current, reply: hasChanged };
        }),
      ),
    );
    return aors.filter((_, index) => changed[index]);
  }

  async countUsers(): Promise<number> {
    return this.connection.run("countUsers", async (redis) => {
      const [, count] = await Promise.all([
        redis.zremrangebyscore(this.#usersKey, "-inf", this.clock.nowMs()),
        redis.zcard(this.#usersKey),
      ]);
      return count;
    });
  }

  async mark(owner: string): Promise<void> {
    await this.connection.run("mark", (redis) => redis.set(this.#markKey(owner), "1", "PX", markTtlMs));
  }

  async clear(owner: string): Promise<void> {
    await this.connection.run("clear", (redis) => redis.del(this.#markKey(owner)));
  }

  marked(owner: string): Promise<boolean> {
    return this.connection.run("marked", async (redis) => (await redis.exists(this.#markKey(owner))) === 1);
  }

  #read(aor: string): Promise<string> {
    return this.connection.run(
      "bindingsOf",
      async (redis) => (await redis.get(this.#bindingsKey(aor))) ?? "",
    );
  }

  /** What is there instead of what was `read`, or undefined when the bindings are written. */
  async #write(aor: string, read: string, bindings: readonly Binding[]): Promise<string | undefined> {
    const endsAtMs = bindings.reduce((latest, { expiresAtMs }) => Math.max(latest, expiresAtMs), 0);
    const text = bindings.length === 0 ? "" : JSON.stringify(bindings);
    const found = await this.#replace(this.#bindingsKey(aor), this.#usersKey, read, text, endsAtMs, aor);
    return typeof found === "string" ? found : undefined;
  }

  #parse(text: string): readonly Binding[] {
    if (text === "") return [];
    return liveBindings(Binding.array().parse(JSON.parse(text)), this.clock.nowMs());
  }

  #bindingsKey(aor: string): string {
    return `${this.prefix}bindings:${aor}`;
  }

  #markKey(owner: string): string {
    return `${this.prefix}queued:${owner}`;
  }

  get #usersKey(): string {
    return `${this.prefix}users`;
  }
}
