import { afterEach, describe, expect, it } from "@jest/globals";
import type { MsrpConnections, MsrpTransportName } from "@heliograph/msrp-stack";
import { anchored, pathOf, policy, sendOf, translated } from "./given.js";
import {
  type Arrival,
  certificate,
  closeAll,
  describedFor,
  givenRealRelay,
  RealPhone,
} from "./real-phone.js";

afterEach(closeAll);

const transports: readonly MsrpTransportName[] = ["tcp", "tls", "ws", "wss"];
const pairs = transports.flatMap((one) => transports.map((other) => [one, other] as const));
const reaches = { tcp: "tcp", tls: "tls", ws: "ws", wss: "ws" } as const;

/** A session between two phones of these transports. */
async function established(
  relay: Awaited<ReturnType<typeof givenRealRelay>>,
  one: MsrpTransportName,
  other: MsrpTransportName,
) {
  const [alice, bob] = [describedFor(one, "alice"), describedFor(other, "bob")];
  const media = { ...policy, maxMessageBytes: 4 * 1024 ** 3 };
  const offered = anchored(await relay.anchor(alice.sdp, media));
  const reach = reaches[other];
  // A plain WebSocket client is offered what a proxy in front of it would be: its own answer says TLS.
  const answerSdp = other === "ws" ? describedFor("wss", "bob").sdp : bob.sdp;
  const bobFrom = other === "ws" ? describedFor("wss", "bob").from : bob.from;
  const answer = translated(await relay.answer(offered.anchor.session, "callee", answerSdp, reach));
  const toBob = pathOf(offered.offers?.[reach]);
  const port = relay.relay.points.find(({ transport }) => transport === other)?.port;
  return {
    session: offered.anchor.session,
    alice: await RealPhone.bind(relay.phones, pathOf(answer), alice.from, { transport: one }),
    bob: await RealPhone.bind(relay.phones, toBob, bobFrom, {
      transport: other,
      port: other === "ws" ? port : undefined,
    }),
  };
}

/** All of one message, answered chunk by chunk. */
async function whole(phone: RealPhone, isLast: (arrival: Arrival) => boolean): Promise<Buffer> {
  const bodies: Buffer[] = [];
  for (;;) {
    const arrival = await phone.next();
    if (arrival.head.kind !== "request") throw new Error("a response out of place");
    bodies.push(arrival.body);
    phone.answer(arrival);
    if (isLast(arrival)) return Buffer.concat(bodies);
  }
}

const ends = ({ flag }: Arrival) => flag === "$";

describe("MS-22 GEN-01 every pair of transports is bridged", () => {
  it.each(pairs)("%s to %s", async (one, other) => {
    const relay = await givenRealRelay();
    const { alice, bob, session } = await established(relay, one, other);
    alice.write(sendOf(alice, { tid: "chat0001", body: "hello ü", fields: ["Success-Report: yes"] }));
    expect((await whole(bob, ends)).toString()).toBe("hello ü");
    expect((await alice.next()).head).toMatchObject({ kind: "response", tid: "chat0001", status: 200 });

    const large = Buffer.alloc(300_000, "0123456789abcdef\r\n-------chat");
    const [head = "", tail = ""] = sendOf(bob, {
      tid: "large001",
      range: `1-*/${large.length}`,
      body: "\0",
    }).split("\0");
    bob.write(
      bob.connection.needsWholeChunks ? Buffer.concat([Buffer.from(head), large, Buffer.from(tail)]) : head,
    );
    if (!bob.connection.needsWholeChunks) {
      bob.write(large);
      bob.write(tail);
    }
    expect((await whole(alice, ends)).equals(large)).toBe(true);
    expect((await bob.next()).head).toMatchObject({ kind: "response", tid: "large001", status: 200 });

    await relay.close(session);
    expect(relay.lost).toEqual([]);
    expect(relay.problems).toEqual([]);
  });
});

describe("back-pressure on real sockets", () => {
  it("a receiver that does not read stops its sender and costs no memory, and loses nothing", async () => {
    const relay = await givenRealRelay();
    const { alice, bob } = await established(relay, "tcp", "tcp");
    const total = 400 * 1024 ** 2;
    bob.keeps = false;
    bob.connection.pause();
    const [head = "", tail = ""] = sendOf(alice, { range: `1-*/${total}`, body: "\0" }).split("\0");
    const piece = Buffer.alloc(1024 ** 2, "x");
    let written = 0;
    let isDone = false;
    const goOn = (): void => {
      while (written < total) {
        written += piece.length;
        if (!alice.write(piece)) return;
      }
      if (!isDone) alice.write(tail);
      isDone = true;
    };
    alice.connection.onDrained(goOn);
    alice.write(head);
    goOn();
    let stuckAt = -1;
    while (stuckAt !== written) {
      stuckAt = written;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(written).toBeLessThan(32 * 1024 ** 2);
    const before = process.memoryUsage();
    bob.connection.resume();
    bob.answer(await bob.next());
    expect(bob.bodyBytes).toBe(total);
    expect((await alice.next()).head).toMatchObject({ status: 200 });
    expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(64 * 1024 ** 2);
  });
});

describe("MS-12 a client that shows a certificate", () => {
  it("is only taken with the one that its description names", async () => {
    const relay = await givenRealRelay();
    const [own, other] = [await certificate(), await certificate()];
    const fingerprintOfOwn = own.fingerprints.map(({ hash, digest }) => `a=fingerprint:${hash} ${digest}`);
    const alice = describedFor("tls", "alice", fingerprintOfOwn);
    const offered = anchored(await relay.anchor(alice.sdp));
    const bob = describedFor("tcp", "bob");
    const answer = translated(await relay.answer(offered.anchor.session, "callee", bob.sdp));
    const bind = (phones: MsrpConnections) =>
      RealPhone.bind(phones, pathOf(answer), alice.from, { transport: "tls" });
    await expect(bind(other)).rejects.toThrow("not bound");
    await bind(own);
    await expect(bind(relay.phones)).rejects.toThrow("not bound");
  });
});

describe("the node stops", () => {
  it("tells of every session, takes no new ones, and keeps connections for a while", async () => {
    const relay = await givenRealRelay({ MSRP_DRAIN_MS: "10s" });
    const { alice, bob, session } = await established(relay, "tcp", "tls");
    const stopped = relay.relay.stop();
    while (relay.lost.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(relay.lost).toEqual([{ conversation: "c1", session, why: "draining" }]);
    expect(await relay.anchor(describedFor("tcp", "x").sdp)).toMatchObject({ kind: "refused", status: 503 });
    alice.write(sendOf(alice, { body: "last words" }));
    expect((await whole(bob, ends)).toString()).toBe("last words");
    await relay.close(session);
    await stopped;
  });

  it("does not wait for ever", async () => {
    const relay = await givenRealRelay();
    const { alice } = await established(relay, "tcp", "tcp");
    const closed = new Promise<string>((resolve) => alice.connection.onClosed(resolve));
    await relay.relay.stop();
    await closed;
  });

  it("fails to start where somebody else listens, and leaves nothing open", async () => {
    const first = await givenRealRelay();
    const [tcp] = first.relay.points;
    await expect(givenRealRelay({ MSRP_LISTEN: `tcp:127.0.0.1:${tcp?.port}` })).rejects.toThrow("EADDRINUSE");
  });
});
