import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { parseKeyRing } from "../src/adapters/key-ring.js";
import { PostgresContents } from "../src/adapters/postgres-contents.js";
import { PostgresQueues } from "../src/adapters/postgres-queues.js";
import type { LargeContent } from "../src/domain/large-content.js";
import type { Arrival, Storing } from "../src/ports.js";
import { alice, bob, cleared, messageOf } from "./given.js";
import { database, usePostgres } from "./given-database.js";

usePostgres({ withTables: true });

beforeEach(() => cleared(database));

function keyRing() {
  const ring = parseKeyRing("66".repeat(32));
  if (!ring.ok) throw new Error(ring.error);
  return ring.value;
}
const clock = { nowMs: () => Date.now() };

function storage({ maxMessages = 3, maxBytes = 1000, leaseMs = 60_000, isDropping = false } = {}) {
  const whenFull = isDropping ? "drop-oldest" : "reject-new";
  const deps = {
    database,
    keys: keyRing(),
    clock,
    quota: { maxMessages, maxBytes, whenFull },
    leaseMs,
  } as const;
  const batching = { maxRows: 10, maxWaitMs: 1, maxConcurrent: 1 };
  return { contents: new PostgresContents(deps), queues: new PostgresQueues({ ...deps, batching }) };
}

let made = 0;

function contentOf(changes: Partial<LargeContent> = {}): LargeContent {
  made += 1;
  return {
    id: `content-${made}`,
    key: randomBytes(32),
    messageId: `msrp-${made}`,
    bytes: 250,
    pieceBytes: 100,
    headBytes: 0,
    ...changes,
  };
}

const call = (name: string) => ({
  call: Buffer.from(name.padEnd(16, "-")).toString("hex"),
  message: undefined,
});

const arrivalOf = (content: LargeContent, announcedBytes = content.bytes): Arrival => ({
  content,
  owner: bob,
  keys: call(content.messageId),
  announcedBytes,
});

function storingOf(content: LargeContent, changes: Partial<Storing> = {}): Storing {
  return {
    message: messageOf({ body: Buffer.from("head") }),
    owner: bob,
    cause: "offline",
    keys: call(content.messageId),
    expiresAtMs: Date.now() + 60_000,
    notice: undefined,
    ...changes,
  };
}

async function upload({ contents }: ReturnType<typeof storage>, content: LargeContent, octet = 1) {
  expect(await contents.begin(arrivalOf(content))).toBe("receiving");
  await keepAll(contents, content, octet);
}

async function keepAll(contents: PostgresContents, content: LargeContent, octet = 1) {
  for (let number = 0; number * 100 < content.bytes; number += 1) {
    const octets = Buffer.alloc(Math.min(100, content.bytes - number * 100), octet + number);
    expect(await contents.keep({ content, owner: bob, number, octets })).toBe("kept");
  }
}

interface OwnerRow {
  readonly messages: number;
  readonly bytes: number;
  readonly receiving: number;
  readonly receiving_bytes: number;
}
const owner = async () =>
  (
    await database.query<OwnerRow>("SELECT messages, bytes, receiving, receiving_bytes FROM deferred.owners")
  )[0];
const count = async (table: string) =>
  (await database.query<{ n: number }>(`SELECT count(*) AS n FROM deferred.${table}`))[0]?.n;

describe("DF-05 a large content", () => {
  it("waits for nobody until it is committed, and counts from its first octet", async () => {
    const one = storage();
    const content = contentOf();
    await upload(one, content);
    expect(await count("messages")).toBe(0);
    expect(await owner()).toEqual({ messages: 1, bytes: 250, receiving: 1, receiving_bytes: 250 });
    expect(await one.queues.usageOf(bob)).toMatchObject({ waiting: 0, bytes: 0 });

    expect(await one.contents.commit(storingOf(content), content)).toBe("stored");
    expect(await owner()).toEqual({ messages: 1, bytes: 250, receiving: 0, receiving_bytes: 0 });
    expect(await one.queues.usageOf(bob)).toMatchObject({ waiting: 1, bytes: 250 });
    const [found] = await one.queues.nextOf(bob, "waiting", 0, 10);
    expect(found).toMatchObject({ large: { id: content.id, bytes: 250, messageId: content.messageId } });
    expect(await one.contents.read(content, 2)).toEqual(Buffer.alloc(50, 3));
  });

  it("that is given up leaves nothing: no message, no usage, no octet", async () => {
    const { contents } = storage();
    const content = contentOf();
    await upload({ contents } as ReturnType<typeof storage>, content);
    await contents.abandon(content, bob);
    expect(await owner()).toEqual({ messages: 0, bytes: 0, receiving: 0, receiving_bytes: 0 });
    expect(await contents.keep({ content, owner: bob, number: 0, octets: Buffer.alloc(100) })).toBe("gone");
    expect(await contents.commit(storingOf(content), content)).toBe("gone");
    expect(await count("messages")).toBe(0);
    await contents.sweep();
    expect([await count("pieces"), await count("contents"), await count("charging")]).toEqual([0, 0, 0]);
  });

  it("of a worker that died is given up when its time is over, and not before", async () => {
    const { contents, queues } = storage({ leaseMs: 200 });
    const [dead, alive] = [contentOf(), contentOf()];
    await upload({ contents, queues }, dead);
    await upload({ contents, queues }, alive);
    await contents.sweep();
    expect(await count("contents")).toBe(2);
    await database.query("UPDATE deferred.contents SET due_at = 0 WHERE id = $1", [dead.id]);
    await contents.sweep();
    expect(await contents.renew([dead.id, alive.id])).toEqual(new Set([alive.id]));
    expect([await count("pieces"), await count("contents")]).toEqual([3, 1]);
    expect(await owner()).toMatchObject({ messages: 1, receiving: 1 });
  });

  it("DF-42 is charged when it is stored and when it ends, and its octets go with it", async () => {
    const one = storage();
    const content = contentOf();
    await upload(one, content);
    await one.contents.commit(storingOf(content), content);
    const [found] = await one.queues.nextOf(bob, "waiting", 0, 10);
    if (!found) throw new Error("nothing waits");
    const { seq, id } = found;
    await one.queues.finish({
      owner: bob,
      seq,
      id,
      ending: "retrieved",
      error: undefined,
      notice: undefined,
    });
    expect(await database.query("SELECT event, bytes FROM deferred.charging ORDER BY seq")).toEqual([
      { event: "stored", bytes: 250 },
      { event: "retrieved", bytes: 250 },
    ]);
    await one.contents.sweep();
    expect([await count("pieces"), await count("contents")]).toEqual([0, 0]);
    expect(await owner()).toMatchObject({ messages: 0, bytes: 0 });
  });

  it("DF-12 is committed with the IMDN that is owed for it", async () => {
    const one = storage();
    const content = contentOf();
    await upload(one, content);
    await one.contents.commit(storingOf(content, { notice: messageOf() }), content);
    expect(await count("notices")).toBe(1);
  });
});

describe("DF-48 a large content that was stored before", () => {
  it("is a repeat from its first octet, also when the queue is full", async () => {
    const one = storage({ maxMessages: 1 });
    const content = contentOf();
    await upload(one, content);
    await one.contents.commit(storingOf(content), content);
    const again = contentOf({ messageId: content.messageId });
    expect(await one.contents.begin(arrivalOf(again))).toBe("repeat");
  });

  it("in the meantime is a repeat at the commit, and leaves nothing", async () => {
    const one = storage();
    const first = contentOf();
    const second = contentOf({ messageId: first.messageId });
    await upload(one, first);
    await upload(one, second);
    const both = await Promise.all(
      [first, second].map((content) => one.contents.commit(storingOf(content), content)),
    );
    expect(both.sort()).toEqual(["repeat", "stored"]);
    await one.contents.sweep();
    expect(await owner()).toEqual({ messages: 1, bytes: 250, receiving: 0, receiving_bytes: 0 });
    expect([await count("pieces"), await count("messages"), await count("charging")]).toEqual([3, 1, 1]);
  });
});

describe("DF-09 the quota", () => {
  it("counts what arrives: neither another upload nor a small message takes its room", async () => {
    const { contents, queues } = storage();
    await contents.begin(arrivalOf(contentOf({ bytes: 900 })));
    expect(await contents.begin(arrivalOf(contentOf({ bytes: 101 })))).toBe("quota-bytes");
    const small = storingOf(contentOf(), { message: messageOf({ text: "x".repeat(200) }) });
    expect(await queues.store(small)).toBe("quota-bytes");
    for (const bytes of [10, 10])
      expect(await contents.begin(arrivalOf(contentOf({ bytes })))).toBe("receiving");
    expect(await contents.begin(arrivalOf(contentOf({ bytes: 1 })))).toBe("quota-messages");
  });

  it("stops a content that reaches further than was announced where it is full", async () => {
    const { contents } = storage({ maxBytes: 250 });
    const content = contentOf({ bytes: 300 });
    expect(await contents.begin(arrivalOf(content, 0))).toBe("receiving");
    const keep = (number: number) =>
      contents.keep({ content, owner: bob, number, octets: Buffer.alloc(100) });
    expect([await keep(0), await keep(1), await keep(2)]).toEqual(["kept", "kept", "quota-bytes"]);
    expect(await owner()).toMatchObject({ bytes: 200, receiving_bytes: 200 });
  });

  it("counts pieces that are written at the same time each once", async () => {
    const { contents } = storage();
    const content = contentOf({ bytes: 500 });
    await contents.begin(arrivalOf(content, 0));
    const pieces = [0, 1, 2, 3, 4].map((number) =>
      contents.keep({ content, owner: bob, number, octets: Buffer.alloc(100) }),
    );
    expect(new Set(await Promise.all(pieces))).toEqual(new Set(["kept"]));
    expect(await owner()).toMatchObject({ bytes: 500, receiving_bytes: 500 });
  });

  it("with drop-oldest gives up the oldest message that waits, and nothing for what could not fit anyhow", async () => {
    const one = storage({ isDropping: true });
    const old = storingOf(contentOf(), { message: messageOf({ text: "x".repeat(300) }) });
    await one.queues.store(old);
    const arriving = contentOf({ bytes: 400 });
    expect(await one.contents.begin(arrivalOf(arriving))).toBe("receiving");
    expect(await database.query("SELECT state FROM deferred.messages")).toEqual([{ state: "dropped" }]);
    await one.queues.store(storingOf(contentOf(), { message: messageOf({ text: "y" }) }));
    expect(await one.contents.begin(arrivalOf(contentOf({ bytes: 601 })))).toBe("quota-bytes");
    expect(await database.query("SELECT state FROM deferred.messages WHERE state = 'waiting'")).toHaveLength(
      1,
    );
  });
});

describe("DF-11 a piece at rest", () => {
  it("cannot be read, and opens nowhere but at its place in its content", async () => {
    const one = storage();
    const [content, other] = [contentOf(), contentOf()];
    await upload(one, content, 65);
    await upload(one, other, 65);
    const [row] = await database.query<{ text: string }>(
      "SELECT string_agg(encode(sealed, 'escape'), '') AS text FROM deferred.pieces",
    );
    expect(row?.text).not.toContain("AAAA");
    expect(row?.text).not.toContain(alice);
    const { contents } = one;
    await database.query(
      `UPDATE deferred.pieces p SET sealed = (SELECT sealed FROM deferred.pieces q WHERE q.content = p.content AND q.number = 1)
        WHERE content = $1 AND number = 0`,
      [content.id],
    );
    expect(await contents.read(content, 0)).toBeUndefined();
    expect(await contents.read({ ...content, id: other.id }, 1)).toBeUndefined();
    await database.query(
      "UPDATE deferred.pieces SET sealed = set_byte(sealed, 40, (get_byte(sealed, 40) + 1) % 256)",
    );
    expect(await contents.read(content, 1)).toBeUndefined();
    expect(await contents.read(content, 9)).toBeUndefined();
  });
});
