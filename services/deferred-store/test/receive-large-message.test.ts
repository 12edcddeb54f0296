import { describe, expect, it } from "@jest/globals";
import { deferredStore, type PagerMessage } from "@heliograph/contracts";
import type { Database } from "@heliograph/database";
import type { BodySource, Ident } from "@heliograph/msrp";
import type { SentMessage } from "@heliograph/msrp-stack";
import { alice, bob, eventually, messageOf, textOf } from "./given.js";
import { database } from "./given-database.js";
import { type Description } from "./given-peer.js";
import { peer, service, start, useServiceAndPeer } from "./given-service-and-peer.js";

useServiceAndPeer();

interface Inviting extends Partial<Description> {
  readonly message?: PagerMessage;
  readonly messages?: "one" | "many";
  readonly maxBytes?: number;
}

async function invite({ message = messageOf({ body: new Uint8Array(0) }), ...rest }: Inviting = {}) {
  const { messages = "one", maxBytes = 10 * 1024 * 1024, ...description } = rest;
  const offered = peer.offer({ direction: "sendonly", ...description });
  const input = { message, owner: bob, offer: offered.octets, messages, maxBytes };
  const reply = await service.bus.request(deferredStore.receiveLargeMessage, {}, input);
  if (reply.kind === "refused") return reply;
  return { ...reply, session: offered.open(reply.answer) };
}

async function session(inviting?: Inviting) {
  const invited = await invite(inviting);
  if (invited.kind === "refused") throw new Error(invited.reason);
  await invited.session.bound;
  return invited;
}

const rows = () =>
  database.query<{ state: string; bytes: number }>("SELECT state, bytes FROM deferred.messages ORDER BY seq");
const count = async (table: string) =>
  (await database.query<{ n: number }>(`SELECT count(*) AS n FROM deferred.${table}`))[0]?.n ?? 0;
const owner = async () =>
  (await database.query("SELECT messages, bytes, receiving, receiving_bytes FROM deferred.owners"))[0];
const nothingCounts = { messages: 0, bytes: 0, receiving: 0, receiving_bytes: 0 };

function cpim(text: string, asked = "processing, negative-delivery", id = "imdn-1"): Buffer {
  const headers = [`From: <${alice}>`, `To: <${bob}>`, "DateTime: 2026-11-28T00:00:00Z"];
  const imdn = ["NS: imdn <urn:ietf:params:imdn>", `imdn.Message-ID: ${id}`];
  const lines = [
    ...headers,
    ...imdn,
    `imdn.Disposition-Notification: ${asked}`,
    "",
    "Content-Type: text/plain",
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${text}`);
}

const large = cpim("x".repeat(1_000_000));
const sending = { contentType: "message/cpim", body: large, wantsSuccessReport: true } as const;

/** A body whose end does not come. */
const endless = (octets: Buffer): BodySource => ({
  size: octets.length + 1,
  read: (from, most) => (from < octets.length ? octets.subarray(from, from + most) : "later"),
});

const done = (sent: SentMessage) => Promise.all([sent.sent, sent.reported]);

describe("DF-05 a large message for a recipient who is away", () => {
  it("is answered 200 and reported only when it is committed", async () => {
    let commit = (): void => undefined;
    const mayCommit = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let isAsked = false;
    const held: Database = {
      ...database,
      query: async (sql, values) => {
        if (typeof sql === "object" && sql.name === "deferred/commit-content") {
          isAsked = true;
          await mayCommit;
        }
        return database.query(sql, values);
      },
    };
    await start({ database: held });
    const { session: alices } = await session();
    const sent = alices.send(sending);
    let answers = 0;
    void sent.sent.then(() => (answers += 1));
    void sent.reported.then(() => (answers += 1));
    await eventually(() => isAsked, "the commit");
    await new Promise((resolve) => setImmediate(resolve));
    expect({ answers, stored: await count("messages") }).toEqual({ answers: 0, stored: 0 });
    commit();
    expect(await done(sent)).toEqual([{ kind: "done" }, { kind: "done" }]);
    expect(await rows()).toEqual([{ state: "waiting", bytes: large.length }]);
    expect(await count("pieces")).toBe(4);
  });

  it.each([
    ["loses its sender", () => peer.stop()],
    ["loses its conversation", (leg: string) => closeLeg(leg)],
    ["is aborted", async (_: string, sent: SentMessage) => sent.abort()],
  ])("leaves nothing when it %s before its end, and no <stored/>", async (_, breakOff) => {
    await start();
    const { leg, session: alices } = await session();
    const sent = alices.send({ ...sending, body: endless(large) });
    await eventually(async () => (await count("pieces")) >= 3, "the pieces");
    expect(await owner()).toMatchObject({ messages: 1, receiving: 1 });
    await breakOff(leg.leg, sent);
    await eventually(async () => (await count("contents")) === 0, "the end of the upload");
    expect(await owner()).toEqual(nothingCounts);
    expect([await count("messages"), await count("pieces"), await count("notices")]).toEqual([0, 0, 0]);
    expect(service.notified).toEqual([]);
  });

  it("whose connection is lost has its conversation ended; one that is over is not ended twice", async () => {
    await start();
    const [lost, over] = [messageOf(), messageOf()];
    await session({ message: lost });
    const { leg } = await session({ message: over });
    await closeLeg(leg.leg);
    await peer.stop();
    await eventually(() => service.left.length > 0, "the end");
    expect(service.left.map(({ conversation }) => conversation)).toEqual([lost.id]);
  });

  it("comes over a connection that the store opens, where the other side would do either", async () => {
    await start({ env: { STORE_MSRP_SETUP: "active" } });
    const { session: alices } = await session();
    expect(await done(alices.send(sending))).toEqual([{ kind: "done" }, { kind: "done" }]);
  });

  it("is one message a session", async () => {
    await start();
    const { session: alices } = await session();
    expect(await done(alices.send(sending))).toMatchObject([{ kind: "done" }, { kind: "done" }]);
    expect(await alices.send({ ...sending, body: cpim("another", "display", "imdn-2") }).sent).toMatchObject({
      kind: "refused",
      status: 403,
    });
    expect(await count("messages")).toBe(1);
  });

  it("leaves live messages of the sender behind it: the queue is marked before the answer", async () => {
    await start();
    const { session: alices } = await session();
    await alices.send(sending).sent;
    expect(await service.state.queues.marked(bob)).toBe(true);
  });

  it("has a leg that is known until the conversation is over", async () => {
    await start();
    const { leg } = await session();
    const check = () =>
      service.bus.request(deferredStore.checkLegs, { node: leg.node }, { legs: [leg.leg, "other"] });
    expect(await check()).toEqual({ incarnation: leg.incarnation, missing: ["other"] });
    await closeLeg(leg.leg);
    expect((await check()).missing).toEqual([leg.leg, "other"]);
  });
});

const closeLeg = (leg: string) => service.bus.request(deferredStore.closeLeg, { node: "store1" }, { leg });

describe("a session whose recipient is away", () => {
  it("has each of its messages stored, and DF-12 no composition status", async () => {
    await start();
    const { session: alices } = await session({ messages: "many", direction: "sendrecv" });
    const texts = [cpim("one", "display", "imdn-1"), cpim("two", "display", "imdn-2")];
    const composing = { contentType: "application/im-iscomposing+xml", body: Buffer.from("<isComposing/>") };
    for (const body of texts) expect(await alices.send({ ...sending, body }).sent).toEqual({ kind: "done" });
    expect(await alices.send(composing).sent).toEqual({ kind: "done" });
    expect(await rows()).toMatchObject([{ state: "waiting" }, { state: "waiting" }]);
    await eventually(async () => (await count("contents")) === 2, "the end of the status");
    expect(await owner()).toMatchObject({ messages: 2, receiving: 0 });
  });
});

describe("DF-12 DF-44 IMDNs about a large message", () => {
  it("say <stored/> once, however often it is sent", async () => {
    await start();
    for (let turn = 0; turn < 2; turn += 1) {
      const { session: alices } = await session();
      const messageId = "same-message" as Ident;
      expect(await done(alices.send({ ...sending, messageId }))).toMatchObject([
        { kind: "done" },
        { kind: "done" },
      ]);
    }
    await eventually(() => service.notified.length === 1, "the notification");
    expect(service.notified.map(textOf).join()).toContain("<stored/>");
    expect(service.notified.map(textOf).join()).toContain("imdn-1");
    expect([await count("messages"), await count("notices")]).toEqual([1, 0]);
  });

  it("say <failed/> when its time is over, and the octets go DF-08 DF-42", async () => {
    await start({ env: { DEFERRED_MAX_KEEP: "1s" } });
    const { session: alices } = await session();
    await alices.send({ ...sending, body: cpim("x".repeat(300_000), "negative-delivery") }).sent;
    await eventually(() => service.notified.length === 1, "the notification");
    expect(service.notified.map(textOf).join()).toContain("<failed/>");
    await eventually(async () => (await count("pieces")) === 0, "the end of the content");
    expect(await owner()).toEqual(nothingCounts);
    const events = await database.query<{ event: string }>(
      "SELECT event FROM deferred.charging ORDER BY seq",
    );
    expect(events.map(({ event }) => event)).toEqual(["stored", "expired"]);
  });
});

describe("DF-09 DF-10 a large message that is not to be stored", () => {
  it.each([
    ["more than may wait", { DEFERRED_MAX_BYTES: "10k" }, { announcedBytes: 20_000 }, "too-large"],
    ["more than the policy allows", {}, { announcedBytes: 20_000, maxBytes: 10_000 }, "too-large"],
    ["no sessions that we can have", {}, { direction: "recvonly" }, "not-acceptable"],
  ] as const)("is refused before it comes: %s", async (_, env, changes, reason) => {
    await start({ env });
    expect(await invite(changes)).toEqual({ kind: "refused", reason });
  });

  it("is refused before it comes: the queue is full, by messages or by octets, or its sender is not wanted", async () => {
    await start({ env: { DEFERRED_MAX_MESSAGES: "1", DEFERRED_MAX_BYTES: "1M" } });
    await service.store(messageOf());
    expect(await invite()).toEqual({ kind: "refused", reason: "quota-messages" });
    await service.stop();
    await start({ env: { DEFERRED_MAX_BYTES: "100k" } });
    await service.store(messageOf({ text: "x".repeat(60_000) }));
    const reason = { kind: "refused", reason: "quota-bytes" };
    expect(await invite({ announcedBytes: 60_000 })).toEqual(reason);
    await service.stop();
    await start({ rules: { allowsStorage: () => false } });
    expect(await invite()).toEqual({ kind: "refused", reason: "not-allowed" });
  });

  it("is refused with 413 when it turns out to be too large for the session or for the queue", async () => {
    await start({ env: { DEFERRED_MAX_BYTES: "500k" } });
    const tooLarge = { kind: "refused", status: 413 };
    const first = await session({ maxBytes: 1_000 });
    expect(await first.session.send(sending).sent).toMatchObject(tooLarge);
    await service.store(messageOf({ text: "x".repeat(300_000) }));
    const second = await session();
    expect(await second.session.send({ ...sending, body: large.subarray(0, 400_000) }).sent).toMatchObject(
      tooLarge,
    );
    await eventually(async () => (await count("contents")) === 0, "the end of the uploads");
    expect(await owner()).toMatchObject({ messages: 1, receiving: 0, receiving_bytes: 0 });
  });

  it("fails when Postgres does, and its sender hears of it", async () => {
    const broken: Database = {
      ...database,
      query: (sql, values) =>
        typeof sql === "object" && sql.name === "deferred/keep-piece"
          ? Promise.reject(new Error("out of order"))
          : database.query(sql, values),
    };
    await start({ database: broken });
    const { session: alices } = await session();
    expect(await alices.send(sending).sent).toMatchObject({ kind: "refused", status: 408 });
    await eventually(async () => (await count("contents")) === 0, "the end of the upload");
    expect(await count("messages")).toBe(0);
  });
});

describe("an upload whose worker does not renew it", () => {
  it("is broken off when another worker has given it up", async () => {
    await start({ env: { DEFERRED_LEASE: "3s" } });
    const { session: alices } = await session();
    const sent = alices.send({ ...sending, body: endless(large) });
    await eventually(async () => (await count("pieces")) >= 3, "the pieces");
    await database.query("SELECT deferred.abandon_content(id, owner, false) FROM deferred.contents");
    const broken = 'heliograph_deferred_uploads_total{outcome="abandoned"} 1';
    await eventually(() => service.metrics.text().includes(broken), "the end of the upload");
    expect(await owner()).toEqual(nothingCounts);
    sent.abort();
  });
});
