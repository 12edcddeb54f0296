import { once } from "node:events";
import { afterEach, describe, expect, it } from "@jest/globals";
import {
  ConnectionDriver,
  msrpUriKeyOf,
  parseMsrpUri,
  SessionDriver,
  WebSocketChannel,
} from "@heliograph/msrp";
import { FakeClock, PredictableChance } from "@heliograph/testkit";
import { WebSocket } from "ws";
import { atEnd, closeAll, Heard, send, until } from "./given.js";
import { givenEndpoints, partsOf, watch } from "./given-endpoints.js";

afterEach(closeAll);

const clock = new FakeClock();
const chance = new PredictableChance("page5678901234567890");
const limits = { maxOpenMessages: 8, maxHeldBytes: 10_000_000, maxRemembered: 100 };
const text = (content: string) => ({ contentType: "text/plain", body: Buffer.from(content) });

/** What a page does: nothing of this package, and no socket but its own. */
async function givenPage() {
  const { endpoints, portOf } = await givenEndpoints({ transports: ["ws"] });
  const socket = new WebSocket(`ws://127.0.0.1:${portOf()}`, "msrp");
  atEnd(() => socket.terminate());
  await once(socket, "open");
  const [uri, peer] = ["msrps://page.invalid:2855/page;ws", endpoints.createUri("ws")];
  const bob = watch(endpoints.open(partsOf(peer, uri)));
  const terms = {
    uri,
    toPath: [peer],
    isActive: true,
    direction: "sendrecv",
    acceptTypes: ["*"],
    maxMessageBytes: 10_000_000,
  } as const;
  const session = new SessionDriver(terms, { clock, chance, limits, bindMs: 30_000 });
  const own = parseMsrpUri(uri);
  const sessions = new Map(own.ok ? [[msrpUriKeyOf(own.value), session]] : []);
  const channel = new WebSocketChannel(socket, clock);
  const find = (key: string) => sessions.get(key);
  const connection = new ConnectionDriver({ channel, clock, chance, find, ownUri: uri, keepAliveMs: 0 });
  session.connected(connection);
  const got: string[] = [];
  session.onMessage(({ content }) => void got.push(Buffer.from(content).toString("latin1")));
  return { session, bob, got, socket, channel };
}

describe("RFC 7977 in a page", () => {
  it("MS-22 has sessions over its own WebSocket, text and octets, small and large", async () => {
    const { session, bob, got } = await givenPage();
    await session.bound;
    const large = { contentType: "image/png", body: Buffer.alloc(200_000, "\xff\x00", "latin1") };
    const sent = [session.send(text("grüße")), session.send(large), bob.session.send(text("zurück"))];
    await Promise.all([...sent, bob.session.send(large)].map((message) => message.sent));
    expect(bob.texts()).toEqual([Buffer.from("grüße").toString("latin1"), large.body.toString("latin1")]);
    expect(got).toEqual([Buffer.from("zurück").toString("latin1"), large.body.toString("latin1")]);
  });

  it("waits while much is on its way, and goes on when it has left", async () => {
    const { session, bob } = await givenPage();
    await session.bound;
    const message = session.send({ contentType: "text/plain", body: Buffer.alloc(1_000_000, "x") });
    await until(() => {
      clock.advance(20);
      return bob.messages.length === 1;
    });
    expect(await message.sent).toEqual({ kind: "done" });
  });

  it("holds back what comes while it does not read, and closes on what is not MSRP", async () => {
    const { channel, socket, session, bob, got } = await givenPage();
    await session.bound;
    channel.pause();
    const came = once(socket, "message");
    const message = bob.session.send(text("held"));
    await came;
    expect(got).toEqual([]);
    channel.resume();
    expect(await message.sent).toEqual({ kind: "done" });
    let failed: string | undefined;
    session.onFailed((reason) => (failed = reason));
    socket.emit("message", Buffer.from("no MSRP at all"), false);
    await until(() => failed !== undefined);
    expect(channel.write(Buffer.from(send()))).toBe(false);
    let late: string | undefined;
    channel.onClosed((reason) => (late = reason));
    expect(late).toBe(failed);
  });

  it("gives up when more comes than can be held", async () => {
    const { channel, session, socket } = await givenPage();
    await session.bound;
    let reason: string | undefined;
    session.onFailed((why) => (reason = why));
    channel.pause();
    const piece = new ArrayBuffer(16 << 20);
    for (let count = 0; count < 5; count += 1) socket.emit("message", piece, true);
    await until(() => reason !== undefined);
    expect(reason).toBe("more came than could be taken");
  });

  it("hears what came before it was started", async () => {
    const { endpoints, portOf } = await givenEndpoints({ transports: ["ws"] });
    const socket = new WebSocket(`ws://127.0.0.1:${portOf()}`, "msrp");
    atEnd(() => [socket.terminate(), endpoints]);
    await once(socket, "open");
    const channel = new WebSocketChannel(socket, clock);
    socket.emit("message", Buffer.from(send({ body: "early" })), false);
    const heard = new Heard();
    channel.start(heard);
    expect(heard.bodies).toEqual(["early"]);
    channel.destroy("enough");
  });
});
