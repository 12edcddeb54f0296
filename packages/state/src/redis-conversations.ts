import { Conversation } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import type { Conversations } from "./conversations.js";
import type { RedisConnection, Script } from "./redis-connection.js";
import { StateUnavailable } from "./state.js";

/** So often a change starts again because another came in between. */
const maxAttempts = 50;

/**
 * Keeps a conversation unless one of its users has too many. KEYS: the conversation, all ids, those of the caller, those
 * of the callee. ARGV: id, text, when it ends, how long that is, now, the most. The number of the user who has too many.
 */
const openConversation = `
for user = 3, 4 do
  redis.call("ZREMRANGEBYSCORE", KEYS[user], "-inf", ARGV[5])
  if redis.call("ZCARD", KEYS[user]) >= tonumber(ARGV[6]) then return user end
end
redis.call("SET", KEYS[1], ARGV[2], "PX", ARGV[4])
redis.call("ZADD", KEYS[2], 0, ARGV[1])
for user = 3, 4 do
  redis.call("ZADD", KEYS[user], ARGV[3], ARGV[1])
  if redis.call("PTTL", KEYS[user]) < tonumber(ARGV[4]) then redis.call("PEXPIRE", KEYS[user], ARGV[4]) end
end
return false`;

/** Replaces a conversation if it is still what the caller has read. KEYS as above. ARGV: id, read, new, end, how long. */
const changeConversation = `
local current = redis.call("GET", KEYS[1])
if not current then return "" end
if current ~= ARGV[2] then return current end
redis.call("SET", KEYS[1], ARGV[3], "PX", ARGV[5])
for user = 3, 4 do
  redis.call("ZADD", KEYS[user], ARGV[4], ARGV[1])
  if redis.call("PTTL", KEYS[user]) < tonumber(ARGV[5]) then redis.call("PEXPIRE", KEYS[user], ARGV[5]) end
end
return false`;

/** Forgets a conversation and tells what it was. KEYS as above. ARGV: id. */
const closeConversation = `
local current = redis.call("GETDEL", KEYS[1])
redis.call("ZREM", KEYS[2], ARGV[1])
redis.call("ZREM", KEYS[3], ARGV[1])
redis.call("ZREM", KEYS[4], ARGV[1])
return current`;

/** Conversations shared by every process of a deployment: when it ends and its JSON, replaced by compare-and-set. */
export class RedisConversations implements Conversations {
  readonly #open: Script;
  readonly #change: Script;
  readonly #close: Script;

  constructor(
    private readonly connection: RedisConnection,
    private readonly prefix: string,
    private readonly clock: Pick<Clock, "nowMs">,
  ) {
    this.#open = connection.script("openConversation", 4, openConversation);
    this.#change = connection.script("changeConversation", 4, changeConversation);
    this.#close = connection.script("closeConversation", 4, closeConversation);
  }

  async open(conversation: Conversation, ttlMs: number, maxPerUser: number): Promise<string | undefined> {
    const nowMs = this.clock.nowMs();
    const endsAtMs = nowMs + ttlMs;
    const text = format(conversation, endsAtMs);
    const full = await this.#open(
      ...this.#keys(conversation),
      conversation.id,
      text,
      endsAtMs,
      ttlMs,
      nowMs,
      maxPerUser,
    );
    if (typeof full !== "number") return undefined;
    return full === 3 ? conversation.callerAor : conversation.calleeAor;
  }

  async of(id: string): Promise<Conversation | undefined> {
    return this.#parse(await this.#read(id));
  }

  /** Asked of many at once and often: whether a key is there, and nothing of what it holds. */
  async missing(ids: readonly string[]): Promise<string[]> {
    const found = await this.connection.run("missing", (redis) =>
      Promise.all(ids.map((id) => redis.exists(this.#key(id)))),
    );
    return ids.filter((_, index) => found[index] === 0);
  }

  async change(
    id: string,
    ttlMs: number,
    change: (current: Conversation) => Conversation,
  ): Promise<Conversation | undefined> {
    let read = await this.#read(id);
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const current = this.#parse(read);
      if (!current) return undefined;
      const changed = change(current);
      const endsAtMs = this.clock.nowMs() + ttlMs;
      const text = format(changed, endsAtMs);
      const found = await this.#change(...this.#keys(current), id, read, text, endsAtMs, ttlMs);
      if (typeof found !== "string") return changed;
      read = found;
    }
    throw new StateUnavailable("change: others are faster");
  }

  /** Its users never change, so that they may be read before. */
  async close(id: string): Promise<Conversation | undefined> {
    const seen = this.#parse(await this.#read(id));
    if (!seen) return undefined;
    const closed = await this.#close(...this.#keys(seen), id);
    return typeof closed === "string" ? this.#parse(closed) : undefined;
  }

  async ofUser(aor: string): Promise<readonly Conversation[]> {
    const ids = await this.connection.run("ofUser", (redis) =>
      redis.zrangebyscore(this.#userKey(aor), `(${this.clock.nowMs()}`, "+inf"),
    );
    if (ids.length === 0) return [];
    const texts = await this.connection.run("ofUser", (redis) => redis.mget(ids.map((id) => this.#key(id))));
    return texts.map((text) => this.#parse(text ?? "")).filter((one) => one !== undefined);
  }

  countOf(aor: string): Promise<number> {
    return this.connection.run("countOf", (redis) =>
      redis.zcount(this.#userKey(aor), `(${this.clock.nowMs()}`, "+inf"),
    );
  }

  async page(after: string | undefined, limit: number): Promise<readonly Conversation[]> {
    let from = after;
    for (;;) {
      const ids = await this.connection.run("page", (redis) =>
        redis.zrangebylex(this.#idsKey, from === undefined ? "-" : `(${from}`, "+", "LIMIT", 0, limit),
      );
      const last = ids.at(-1);
      if (last === undefined) return [];
      const page = await this.#readAll(ids);
      if (page.length > 0) return page;
      from = last;
    }
  }

  /** Those of `ids` that are not over; the others are taken off the list. */
  async #readAll(ids: readonly string[]): Promise<readonly Conversation[]> {
    const texts = await this.connection.run("page", (redis) => redis.mget(ids.map((id) => this.#key(id))));
    const page: Conversation[] = [];
    const over: string[] = [];
    for (const [index, id] of ids.entries()) {
      const conversation = this.#parse(texts[index] ?? "");
      if (conversation) page.push(conversation);
      else over.push(id);
    }
    if (over.length > 0) await this.connection.run("page", (redis) => redis.zrem(this.#idsKey, ...over));
    return page;
  }

  #read(id: string): Promise<string> {
    return this.connection.run("conversation", async (redis) => (await redis.get(this.#key(id))) ?? "");
  }

  #parse(text: string): Conversation | undefined {
    const space = text.indexOf(" ");
    if (Number(text.slice(0, Math.max(0, space))) <= this.clock.nowMs()) return undefined;
    return Conversation.parse(JSON.parse(text.slice(space)));
  }

  #keys({ id, callerAor, calleeAor }: Conversation): [string, string, string, string] {
    return [this.#key(id), this.#idsKey, this.#userKey(callerAor), this.#userKey(calleeAor)];
  }

  #key(id: string): string {
    return `${this.prefix}conversation:${id}`;
  }

  #userKey(aor: string): string {
    return `${this.prefix}conversations-of:${aor}`;
  }

  get #idsKey(): string {
    return `${this.prefix}conversations`;
  }
}

function format(conversation: Conversation, endsAtMs: number): string {
  return `${endsAtMs} ${JSON.stringify(Conversation.encode(conversation))}`;
}
