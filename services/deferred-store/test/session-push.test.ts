import { describe, expect, it } from "@jest/globals";
import { deferredStore, type Invitation, type PagerMessage } from "@heliograph/contracts";
import type { Ident } from "@heliograph/msrp";
import { alice, bob, eventually, messageOf, pause, textOf } from "./given.js";
import { database } from "./given-database.js";
import { type Description, givenPeer } from "./given-peer.js";
import { peer, service, start, useServiceAndPeer } from "./given-service-and-peer.js";

useServiceAndPeer();

function offerIn({ body }: Invitation): Uint8Array {
  if (!body) throw new Error("no offer");
  return body.content;
}

/** Bob's device answers an INVITE of the store. */
function accept(
  invitation: Invitation,
  description: Partial<Description> = {},
  refuse?: Parameters<typeof peer.take>[1],
) {
  const answered = peer.answer(offerIn(invitation), {
    direction: "recvonly",
    setup: "passive",
    ...description,
  });
  peer.take(answered.session, refuse);
  return { ...answered, reply: { kind: "answered", conversation: "c1", answer: answered.octets } as const };
}

function contentOf(asked: string): Buffer {
  const imdn = ["NS: imdn <urn:ietf:params:imdn>", "imdn.Message-ID: imdn-1"];
  const headers = [`From: <${alice}>`, ...imdn, `imdn.Disposition-Notification: ${asked}`];
  return Buffer.from(`${headers.join("\r\n")}\r\n\r\nContent-Type: text/plain\r\n\r\n${"x".repeat(600_000)}`);
}

async function storeLarge(
  octets = contentOf("negative-delivery"),
  message: PagerMessage = messageOf({ body: new Uint8Array(0) }),
): Promise<void> {
  const offered = peer.offer({ direction: "sendonly" });
  const input = {
    message,
    owner: bob,
    offer: offered.octets,
    messages: "one",
    maxBytes: 10_000_000,
  } as const;
  const reply = await service.bus.request(deferredStore.receiveLargeMessage, {}, input);
  if (reply.kind === "refused") throw new Error(reply.reason);
  const session = offered.open(reply.answer);
  const messageId = `m-${message.id}` as Ident;
  expect(await session.send({ contentType: "message/cpim", body: octets, messageId }).sent).toEqual({
    kind: "done",
  });
  await service.bus.request(deferredStore.closeLeg, { node: "store1" }, { leg: reply.leg.leg });
  session.close();
}

const states = async () =>
  (await database.query<{ state: string }>("SELECT state FROM deferred.messages ORDER BY seq")).map(
    ({ state }) => state,
  );

describe("DF-34 a large message, when its owner registers", () => {
  it.each(["passive", "active"] as const)(
    "is given in a session to which the store invites, to a device that is %s; then the session is left",
    async (setup) => {
      await start({ answerInvite: (invitation) => accept(invitation, { setup }).reply });
      const content = contentOf("display");
      await storeLarge(content);
      await service.register(bob);
      await eventually(() => service.left.length === 1, "the end");
      expect(peer.got).toHaveLength(1);
      expect(peer.got[0]?.content.equals(content)).toBe(true);
      await eventually(async () => (await states())[0] === "pushed");
      expect(service.left).toMatchObject([{ conversation: "c1" }]);
      expect(service.invited).toMatchObject([
        { recipient: bob, sender: { aor: alice, asserted: ["sip:deferred@example.org"] } },
      ]);
      const { caller } = service.invited[0] ?? {};
      const check = deferredStore.checkLegs;
      if (!caller) throw new Error("no leg");
      await eventually(
        async () =>
          (await service.bus.request(check, { node: caller.node }, { legs: [caller.leg] })).missing.length ===
          1,
        "the end of the leg",
      );
    },
  );

  it("DF-46 so is a small one that was too large for a SIP message, in a message/cpim", async () => {
    await start({ answerInvite: (invitation) => accept(invitation).reply });
    await service.register(bob);
    await service.store(messageOf({ text: "long" }), "too-large-for-transport");
    await eventually(async () => (await states())[0] === "pushed");
    expect(peer.got.map(({ text }) => text.slice(-4))).toEqual(["long"]);
    expect(service.pushed).toEqual([]);
  });

  it("DF-40 keeps its place among the small ones", async () => {
    const order: string[] = [];
    await start({
      answer: (message) => {
        order.push(textOf(message));
        return { kind: "delivered" };
      },
      answerInvite: (invitation) => {
        order.push("large");
        return accept(invitation).reply;
      },
    });
    await service.store(messageOf({ text: "first" }));
    await storeLarge();
    await service.store(messageOf({ text: "third" }));
    await service.register(bob);
    await eventually(() => order.length === 3, "all pushes");
    expect(order).toEqual(["first", "large", "third"]);
  });
});

describe("DF-33 DF-36 a large message that no device took", () => {
  it("stays, and holds back the small ones of its sender and no others", async () => {
    await start();
    await storeLarge();
    await service.store(messageOf({ text: "of the same sender" }));
    await service.store(
      messageOf({
        text: "of another",
        sender: { kind: "local", aor: "sip:carol@example.org", asserted: [] },
      }),
    );
    await service.register(bob);
    await eventually(() => service.invited.length > 1, "another try");
    expect(service.pushed.map(textOf)).toEqual(["of another"]);
    expect(await states()).toEqual(["waiting", "waiting", "pushed"]);
  });

  it("DF-48 is tried again with the same Message-ID when the connection breaks", async () => {
    const ids: string[] = [];
    const dying = await givenPeer();
    await start({
      answerInvite: (invitation) => {
        if (ids.length > 0) return accept(invitation, {}, ({ messageId }) => void ids.push(messageId)).reply;
        const { octets, session } = dying.answer(offerIn(invitation), { direction: "recvonly" });
        dying.take(session, ({ messageId }) => {
          ids.push(messageId);
          setImmediate(() => void dying.stop());
          return undefined;
        });
        return { kind: "answered", conversation: "c1", answer: octets };
      },
    });
    await storeLarge();
    await service.register(bob);
    await eventually(async () => (await states())[0] === "pushed", "the second push");
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(dying.got).toEqual([]);
  });

  it("stays when the device took all of it and reports nothing", async () => {
    await start({
      env: { STORE_STALL: "1s" },
      answerInvite: (invitation) => {
        const { octets, session } = peer.answer(offerIn(invitation), {
          direction: "recvonly",
          setup: "passive",
        });
        session.onIncoming(() => ({
          write: () => undefined,
          complete: () => new Promise<void>(() => undefined),
          abandon: () => undefined,
        }));
        return { kind: "answered", conversation: "c1", answer: octets };
      },
    });
    await storeLarge();
    await service.register(bob);
    await eventually(() => service.left.length === 1, "the end");
    const attempts = async () =>
      (await database.query<{ attempts: number }>("SELECT attempts FROM deferred.messages"))[0]?.attempts;
    await eventually(async () => (await attempts()) === 1, "the attempt");
    expect(await states()).toEqual(["waiting"]);
  });

  it("stays when an answer takes nothing, or nobody connects", async () => {
    await start({
      answerInvite: () => ({ kind: "answered", conversation: "c1", answer: Buffer.from("nonsense") }),
    });
    await storeLarge();
    await service.register(bob);
    await eventually(() => service.left.length > 0, "the end");
    expect(await states()).toEqual(["waiting"]);
  });
});

describe("DF-44 a large message that is refused for good", () => {
  it.each([
    [
      "by the device's answer to the INVITE",
      () => ({ kind: "refused", status: 603, reason: "Decline" }) as const,
    ],
    ["by its description", (invitation: Invitation) => accept(invitation, { maxSize: 100 }).reply],
    ["by its MSRP status", (invitation: Invitation) => accept(invitation, {}, () => 415).reply],
  ])("ends, and its sender is told <failed/>: %s", async (_, answerInvite) => {
    await start({ answerInvite });
    await storeLarge();
    await service.register(bob);
    await eventually(() => service.notified.length === 1, "the notification");
    expect(service.notified.map(textOf).join()).toContain("<failed/>");
    expect(await states()).toEqual(["refused"]);
    await pause(50);
    expect(service.notified).toHaveLength(1);
  });
});
