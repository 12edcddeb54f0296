import { describe, expect, it } from "@jest/globals";
import { deferredStore } from "@heliograph/contracts";
import type { Ident } from "@heliograph/msrp";
import type { IncomingHead } from "@heliograph/msrp-stack";
import { alice, bob, cpimOf, eventually, messageOf, pause } from "./given.js";
import { database } from "./given-database.js";
import { type Description } from "./given-peer.js";
import { peer, service, start, useServiceAndPeer } from "./given-service-and-peer.js";

useServiceAndPeer();

/** Bob asks for what waits. */
async function open(references: readonly string[] = [], description: Partial<Description> = {}) {
  const offered = peer.offer({ direction: "recvonly", ...description });
  const input = { conversation: "c1", owner: bob, references: [...references], offer: offered.octets };
  const reply = await service.bus.request(deferredStore.openRetrieval, {}, input);
  return reply.kind === "refused" ? reply : { ...reply, connect: () => offered.open(reply.answer) };
}

async function retrieve(
  references: readonly string[] = [],
  refuse?: (head: IncomingHead) => number | undefined,
  description?: Partial<Description>,
) {
  const opened = await open(references, description);
  if (opened.kind === "refused") throw new Error(opened.reason);
  return { ...opened, session: peer.take(opened.connect(), refuse) };
}

const content = Buffer.from(`From: <${alice}>\r\n\r\nContent-Type: text/plain\r\n\r\n${"x".repeat(700_000)}`);

async function storeLarge(messageId: string, octets = content): Promise<void> {
  const offered = peer.offer({ direction: "sendonly" });
  const input = {
    message: messageOf({ body: new Uint8Array(0) }),
    owner: bob,
    offer: offered.octets,
    messages: "one",
    maxBytes: 10_000_000,
  } as const;
  const reply = await service.bus.request(deferredStore.receiveLargeMessage, {}, input);
  if (reply.kind === "refused") throw new Error(reply.reason);
  const session = offered.open(reply.answer);
  const sent = session.send({ contentType: "message/cpim", body: octets, messageId: messageId as Ident });
  expect(await sent.sent).toEqual({ kind: "done" });
  await service.bus.request(deferredStore.closeLeg, { node: "store1" }, { leg: reply.leg.leg });
  session.close();
}

const states = async () =>
  (await database.query<{ state: string }>("SELECT state FROM deferred.messages ORDER BY seq")).map(
    ({ state }) => state,
  );

describe("DF-30 DF-32 an owner who comes for what waits", () => {
  it("gets all of it in its order, each in one message/cpim as it was stored, and then the session is left", async () => {
    await start();
    const pager = cpimOf("display");
    await service.store(pager);
    await storeLarge("large-1");
    await service.store(messageOf({ text: "last" }));
    await retrieve();
    await eventually(() => service.left.length === 1, "the end");
    expect(peer.got.map(({ head }) => head.contentType)).toEqual(Array(3).fill("message/cpim"));
    expect(peer.got[0]?.content).toEqual(Buffer.from(pager.body));
    expect(peer.got[1]?.content.equals(content)).toBe(true);
    expect(peer.got[2]?.text).toMatch(/\r\n\r\nlast$/);
    expect(peer.got.map(({ head }) => head.wantsSuccessReport)).toEqual([true, true, true]);
    expect(peer.got[1]?.head.messageId).toBe("large-1");
    expect(service.left).toMatchObject([{ conversation: "c1" }]);
    expect(await states()).toEqual(["retrieved", "retrieved", "retrieved"]);
    await eventually(async () => !(await service.state.queues.marked(bob)), "the mark to go");
  });

  it("DF-42 is charged with the retrieval", async () => {
    await start();
    await service.store(messageOf());
    await retrieve();
    await eventually(async () => (await states())[0] === "retrieved");
    const events = await database.query<{ event: string }>(
      "SELECT event FROM deferred.charging ORDER BY seq",
    );
    expect(events.map(({ event }) => event)).toEqual(["stored", "retrieved"]);
  });

  it("gets nothing before its first SEND", async () => {
    await start();
    await service.store(messageOf());
    const opened = await open();
    if (opened.kind === "refused") throw new Error(opened.reason);
    await pause(200);
    expect(await states()).toEqual(["waiting"]);
    peer.take(opened.connect());
    await eventually(async () => (await states())[0] === "retrieved");
  });
});

describe("DF-31 references", () => {
  it("that name nothing of the owner's are told beside what is given", async () => {
    await start();
    const [first, second] = [messageOf({ text: "first" }), messageOf({ text: "second" })];
    await service.store(first);
    await service.store(second);
    await service.store(messageOf({ id: "theirs", recipient: "sip:carol@example.org" }));
    expect(await open(["gone", second.id, "theirs"])).toMatchObject({ unknown: ["gone", "theirs"] });
    expect(await open()).toMatchObject({ unknown: [] });
  });

  it("name what is given; of several the known ones are", async () => {
    await start();
    const [first, second] = [messageOf({ text: "first" }), messageOf({ text: "second" })];
    await service.store(first);
    await service.store(second);
    await retrieve([second.id, "unknown"]);
    await eventually(() => service.left.length === 1, "the end");
    expect(peer.got.map(({ text }) => text.slice(-6))).toEqual(["second"]);
    expect(await states()).toEqual(["waiting", "retrieved"]);
  });

  it.each([
    ["is unknown", ["unknown"]],
    ["is that of somebody else's message", ["theirs"]],
  ])("find nothing when the only one %s", async (_, references) => {
    await start();
    await service.store(messageOf());
    await service.store(messageOf({ id: "theirs", recipient: "sip:carol@example.org" }));
    expect(await open(references)).toEqual({ kind: "refused", reason: "nothing" });
  });

  it("find nothing where nothing waits, and an offer that takes no message/cpim is not accepted", async () => {
    await start();
    expect(await open()).toEqual({ kind: "refused", reason: "nothing" });
    await service.store(messageOf());
    const refused = { kind: "refused", reason: "not-acceptable" };
    expect(await open([], { types: ["text/plain"] })).toEqual(refused);
    expect(await open([], { direction: "sendonly" })).toEqual(refused);
  });
});

describe("DF-33 a message stays", () => {
  it("when the device refuses it; the others are given", async () => {
    await start();
    await service.store(messageOf({ text: "first" }));
    await service.store(messageOf({ text: "second" }));
    let refusals = 0;
    await retrieve([], () => (refusals++ === 0 ? 413 : undefined));
    await eventually(() => service.left.length === 1, "the end");
    expect(peer.got.map(({ text }) => text.slice(-6))).toEqual(["second"]);
    expect(await states()).toEqual(["waiting", "retrieved"]);
  });

  it("when it is larger than the device takes", async () => {
    await start();
    await storeLarge("large-1");
    await service.store(messageOf());
    await retrieve([], undefined, { maxSize: 10_000 });
    await eventually(() => service.left.length === 1, "the end");
    expect(await states()).toEqual(["waiting", "retrieved"]);
  });

  it("DF-48 when the connection breaks, and comes again with the same Message-ID and the same octets", async () => {
    await start();
    await storeLarge("large-1");
    const broken = await retrieve([], () => {
      setImmediate(() => broken.session.close());
      return undefined;
    });
    await eventually(() => service.left.length === 1, "the end of the first");
    expect(await states()).toEqual(["waiting"]);
    expect(peer.got).toEqual([]);
    await retrieve();
    await eventually(() => service.left.length === 2, "the end of the second");
    expect(peer.got.map(({ head }) => head.messageId)).toEqual(["large-1"]);
    expect(peer.got[0]?.content.equals(content)).toBe(true);
    expect(await states()).toEqual(["retrieved"]);
  });
});

describe("DF-11 a large content that was changed at rest", () => {
  it("is not given, and does not keep the others from being given", async () => {
    await start();
    await storeLarge("large-1");
    await service.store(messageOf({ text: "sound" }));
    await database.query(
      "UPDATE deferred.pieces SET sealed = set_byte(sealed, 99, (get_byte(sealed, 99) + 1) % 256) WHERE number = 1",
    );
    await retrieve();
    await eventually(() => service.left.length === 1, "the end");
    expect(await states()).toEqual(["discarded", "retrieved"]);
    expect(peer.got.map(({ text }) => text.slice(-5))).toEqual(["sound"]);
  });
});

describe("DF-40 a retrieval and a push", () => {
  it("do not give the same message at the same time: the retrieval waits for the push", async () => {
    let answer = (): void => undefined;
    const silence = new Promise<{ kind: "delivered" }>((resolve) => {
      answer = () => resolve({ kind: "delivered" });
    });
    await start({ answer: () => silence });
    await service.store(messageOf({ text: "first" }));
    await service.register(bob);
    await eventually(() => service.pushed.length === 1, "the push");
    await service.store(messageOf({ text: "second" }));
    await retrieve();
    await pause(100);
    expect(peer.got).toEqual([]);
    answer();
    await eventually(() => service.left.length === 1, "the end");
    const given = [...service.pushed.map(({ id }) => id), ...peer.got.map(({ text }) => text)];
    expect(given).toHaveLength(2);
    expect((await states()).filter((state) => state === "waiting")).toEqual([]);
  });
});
