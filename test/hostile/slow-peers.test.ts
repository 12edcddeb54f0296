import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { BesiegedServer } from "./besieged-server.js";
import { sipText, token } from "./sip-text.js";
import { type RawConnection, rawConnection, until } from "./wire.js";

const patienceMs = 1_200;
/** The patience, the second between two looks, and what a busy machine takes. */
const cutOffMs = patienceMs + 1_000 + 5_000;

let besieged: BesiegedServer;
beforeAll(async () => {
  const patience = String(patienceMs);
  const listen = { SIP_FIRST_MESSAGE_MS: patience, SIP_WHOLE_MESSAGE_MS: patience };
  besieged = await BesiegedServer.start({ ...listen, SIP_MAX_CONNECTIONS_PER_SOURCE: "300" }, 8);
}, 60_000);
afterAll(() => besieged?.stop());

/** Says a text an octet at a time; rejects when it is not cut off in time. */
async function dribble(peer: RawConnection, text: string): Promise<void> {
  const isCutOff = peer.closed(cutOffMs);
  for (let at = 0; at < text.length && !peer.isClosed; at += 1) {
    peer.send(text.charAt(at));
    await wait(100);
  }
  await isCutOff;
}

describe("GEN-14 peers that take their time are cut off, and nobody else waits for them", () => {
  it("a message an octet at a time over TCP and TLS, and a body so, after a message that was in time", async () => {
    const { sip, tls } = besieged.server.ports;
    const patient = await rawConnection(sip);
    patient.send(sipText({ transport: "TCP", body: token() }));
    expect(await patient.answer("SIP/2.0 ")).toMatchObject({ status: 200 });
    const [head = "", body = ""] = sipText({ transport: "TCP", body: `slow ${"x".repeat(200)}` }).split(
      "\r\n\r\n",
    );
    patient.send(`${head}\r\n\r\n`);
    await Promise.all([
      dribble(await rawConnection(sip), sipText({ transport: "TCP", body: "slow" })),
      dribble(await rawConnection(tls, "tls"), sipText({ transport: "TLS", body: "slow" })),
      dribble(patient, body),
      besieged.mustServe(),
    ]);
    expect(besieged.messagesWith("slow")).toEqual([]);
  }, 30_000);

  it("connections that say nothing, over TCP and where a handshake is due", async () => {
    const { sip, tls, ws, wss } = besieged.server.ports;
    const silent = await Promise.all([sip, tls, ws, wss].map((port) => rawConnection(port)));
    await Promise.all([...silent.map((peer) => peer.closed(cutOffMs)), besieged.mustServe()]);
  }, 30_000);

  it("handshakes of TLS and WebSocket an octet at a time", async () => {
    const { tls, ws } = besieged.server.ports;
    const hello = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    const upgrade = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nX-Slow: ";
    await Promise.all([
      dribble(await rawConnection(tls), hello + "x".repeat(1_000)),
      dribble(await rawConnection(ws), upgrade + "x".repeat(1_000)),
      besieged.mustServe(),
    ]);
  }, 30_000);

  it("a connection that keeps alive stays, within the same patience", async () => {
    const peer = await rawConnection(besieged.server.ports.sip);
    for (let turn = 0; turn < 5; turn += 1) {
      peer.send("\r\n\r\n");
      await wait(patienceMs / 2);
    }
    expect(peer.isClosed).toBe(false);
    peer.send(sipText({ transport: "TCP", body: "still here" }));
    expect(await peer.answer("SIP/2.0 ")).toMatchObject({ status: 200 });
    peer.close();
  });

  it("a peer that never reads is cut off before its answers fill the memory", async () => {
    const before = besieged.residentBytes;
    const peer = await rawConnection(besieged.server.ports.sip);
    peer.socket.pause();
    const ask = Buffer.from(
      Array.from({ length: 200 }, () => sipText({ method: "OPTIONS", transport: "TCP" })).join(""),
    );
    for (let sent = 0; sent < 100 && !peer.socket.destroyed; sent += 1) {
      if (!peer.socket.write(ask)) await Promise.race([drained(peer.socket), wait(100)]);
    }
    await besieged.mustServe();
    expect(besieged.residentBytes - before).toBeLessThan(100_000_000);
    peer.close();
  }, 30_000);

  it("connections above what one address may have are closed at once, and another address gets in", async () => {
    const sockets = Array.from({ length: 400 }, () => connect(besieged.server.ports.sip, "127.0.0.1"));
    for (const socket of sockets) socket.on("error", () => undefined).resume();
    await until(
      () => sockets.filter((socket) => socket.destroyed).length >= 100,
      "a hundred are turned away",
    );
    const elsewhere = connect({
      port: besieged.server.ports.sip,
      host: "127.0.0.1",
      localAddress: "127.0.0.5",
    });
    let answer = "";
    elsewhere.on("data", (chunk: Buffer) => (answer += chunk.toString()));
    elsewhere.write(sipText({ transport: "TCP", body: "from elsewhere" }));
    await until(() => answer.startsWith("SIP/2.0 200"), "another address is served");
    elsewhere.destroy();
    for (const socket of sockets) socket.destroy();
    await besieged.mustServe();
  });

  it("all of them are counted", async () => {
    expect(await besieged.count("heliograph_sip_stack_slow_senders_closed_total")).toBeGreaterThanOrEqual(4);
    expect(await besieged.count("heliograph_sip_stack_handshakes_refused_total")).toBeGreaterThanOrEqual(1);
    expect(
      await besieged.count("heliograph_sip_stack_connections_refused_of_source_total"),
    ).toBeGreaterThanOrEqual(100);
  });
});

function drained(socket: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => socket.once("drain", () => resolve()));
}
