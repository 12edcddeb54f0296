import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { BesiegedServer } from "./besieged-server.js";
import { sipText } from "./sip-text.js";
import { until } from "./wire.js";

const ratePerSecond = 2_000;
const datagrams = 200_000;
const halfOpen = 2_000;
const mayGrowBytes = 100_000_000;

let besieged: BesiegedServer;
let before: number;
beforeAll(async () => {
  // In production the young generation may take 48 MB more, whatever the work is; here it is weighed what is kept.
  besieged = await BesiegedServer.start({ SIP_SOURCE_RATE: String(ratePerSecond) }, 8);
  for (let warm = 0; warm < 20; warm += 1) await besieged.mustServe();
  before = besieged.residentBytes;
}, 90_000);
afterAll(() => besieged?.stop());

/** Sends junk, as much as a busy machine takes in a few seconds: noise, malformed requests, requests that each need an answer. */
async function flood(count: number, address: string, isEnough = () => true): Promise<void> {
  const socket = createSocket("udp4");
  socket.bind(0, address);
  await once(socket, "listening");
  const noise = randomBytes(600);
  const malformed = Buffer.from(sipText({ body: "flood" }).replace(/^From:.*\r\n/m, ""));
  const options = sipText({ method: "OPTIONS", uri: "sip:127.0.0.1" });
  for (let sent = 0; sent < count || !isEnough(); sent += 1) {
    const wellFormed = () =>
      options.replace("z9hG4bK", `z9hG4bK${sent}x`).replace("Call-ID: ", `Call-ID: ${sent}x`);
    const junk = sent % 4 === 0 ? malformed : sent % 4 === 1 ? wellFormed() : noise;
    socket.send(junk, besieged.server.ports.sip, "127.0.0.1");
    if (sent % 400 === 0) await wait(8);
  }
  socket.close();
}

/** Opens connections from a few sources, says half a message on each, and drops them after `meanwhile`. */
async function hold(count: number, meanwhile: () => Promise<void>): Promise<void> {
  const half = sipText({ transport: "TCP", body: "half" }).slice(0, 200);
  const sockets: Socket[] = [];
  for (let opened = 0; opened < count; opened += 1) {
    const localAddress = `127.0.0.${10 + (opened % 4)}`;
    const socket = connect({ port: besieged.server.ports.sip, host: "127.0.0.1", localAddress });
    socket.on("error", () => undefined).resume();
    socket.write(half);
    sockets.push(socket);
    if (opened % 100 === 0) await turn();
  }
  const areOpen = async () => (await besieged.count("heliograph_sip_stack_open_connections")) >= count;
  await until(areOpen, `${count} connections are open`, 20_000);
  await meanwhile();
  for (const socket of sockets) socket.destroy();
  const areGone = async () => (await besieged.count("heliograph_sip_stack_open_connections")) < 10;
  await until(areGone, "all of them are forgotten", 20_000);
}

describe("GEN-14 a flood from one source", () => {
  it(`${datagrams.toLocaleString("en")} datagrams of junk: dropped above SIP_SOURCE_RATE, while others are served`, async () => {
    let served = 0;
    const flooding = flood(datagrams, "127.0.0.6", () => served >= 3).then(() => true);
    while (!(await Promise.race([flooding, wait(200, false)]))) {
      await besieged.mustServe();
      served += 1;
    }
    await besieged.mustServe();
    expect(await besieged.count("heliograph_sip_stack_flood_dropped_total")).toBeGreaterThan(datagrams / 10);
    expect(await besieged.count("heliograph_sip_stack_malformed_answered_total")).toBeGreaterThan(
      ratePerSecond / 4,
    );
    expect(await besieged.count("heliograph_sip_stack_malformed_dropped_total")).toBeGreaterThan(
      ratePerSecond / 2,
    );
  }, 90_000);

  it("a connection that floods is read more slowly, and another source is served", async () => {
    const socket = connect({ port: besieged.server.ports.sip, host: "127.0.0.1", localAddress: "127.0.0.8" });
    socket.on("error", () => undefined).resume();
    await once(socket, "connect");
    const options = sipText({ method: "OPTIONS", uri: "sip:127.0.0.1", transport: "TCP" });
    for (let sent = 0; sent < 3 * ratePerSecond; sent += 1)
      socket.write(options.replace("z9hG4bK", `z9hG4bK${sent}x`));
    await besieged.mustServe();
    await until(
      async () => (await besieged.count("heliograph_sip_stack_flood_pauses_total")) > 0,
      "the connection is not read for a while",
    );
    socket.destroy();
  }, 30_000);

  it(`${halfOpen.toLocaleString("en")} half-open connections with half a message each are borne`, async () => {
    await hold(halfOpen, () => besieged.mustServe());
  }, 60_000);

  it("memory has not grown by more than 100 MB after all that", async () => {
    await besieged.mustServe();
    const grownBytes = besieged.residentBytes - before;
    process.stdout.write(`memory grew by ${(grownBytes / 1e6).toFixed(0)} MB under floods\n`);
    expect(grownBytes).toBeLessThan(mayGrowBytes);
  });
});
