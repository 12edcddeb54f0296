import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createClient, type Client } from "@heliograph/client";
import { HeliographServer } from "@heliograph/testkit";
import { eventually } from "../scenarios/eventually.js";
import { type Capture, readCapture, startCapture } from "./programs/capture.js";

const aor = (user: string): string => `sip:${user}@127.0.0.1`;
const wants = ["positive-delivery", "display"] as const;

let server: HeliographServer;
let capture: Capture;
const texts: string[] = [];

beforeAll(async () => {
  server = await HeliographServer.start();
  capture = await startCapture([server.ports.sip, server.ports.msrp]);
  await playScenario();
  await capture.stop();
}, 120_000);
afterAll(() => server.stop(), 40_000);

async function register(user: string): Promise<Client> {
  const client = createClient({ aor: aor(user), password: user, server: server.uri("tcp") });
  client.onMessage(({ message }) => {
    texts.push(message.text ?? "");
    void client.markDisplayed(message);
  });
  client.onSession(async (invitation) => void (await invitation.accept()));
  expect(await client.register()).toMatchObject({ kind: "registered" });
  return client;
}

/** A session with receipts, typing, hold and resume; a large message to somebody online, one to somebody offline. */
async function playScenario(): Promise<void> {
  const alice = await register("alice");
  let bob = await register("bob");
  const opened = await alice.openSession(aor("bob"), { firstMessage: "in the INVITE ✓" });
  if (opened.kind !== "established") throw new Error(`no session: ${JSON.stringify(opened)}`);
  const { session } = opened;
  session.setComposing("active");
  for (const text of ["one ✓", "two"]) await session.sendText(text, { wants, isReported: true });
  expect(await session.hold()).toEqual({ kind: "done" });
  expect(await session.resume()).toEqual({ kind: "done" });
  await session.sendText("z".repeat(50_000));
  await eventually("all four have arrived", () => texts.length === 4);
  await session.close();
  expect(await alice.sendText(aor("bob"), "l".repeat(100_000))).toMatchObject({ kind: "accepted" });
  await bob.close();
  expect(await alice.sendText(aor("bob"), "o".repeat(100_000))).toMatchObject({ kind: "accepted" });
  bob = await register("bob");
  await eventually("the large ones have arrived", () => texts.length === 6);
  await Promise.all([alice.close(), bob.close()]);
}

const read = (filter: string) => readCapture(capture.file, filter, [server.ports.sip], [server.ports.msrp]);

describe("tshark reads sessions, SIP and MSRP", () => {
  it("RFC 3261 §7 RFC 4975 §9 finds nothing malformed in them", async () => {
    expect(await read("_ws.malformed or _ws.expert.severity == error")).toEqual([]);
  }, 60_000);

  it.each([
    ["invitations", 'sip.Method == "INVITE"', 8],
    ["descriptions", 'sdp.media.proto == "TCP/MSRP"', 8],
    ["endings", 'sip.Method == "BYE"', 4],
  ])(
    "RFC 4975 §4 finds %s in them",
    async (_, filter, atLeast) => {
      expect((await read(filter)).length).toBeGreaterThanOrEqual(atLeast);
    },
    60_000,
  );

  // tshark names the first MSRP message of a segment alone, and several often share one: they are counted in the octets.
  it.each([
    ["chunks", /MSRP \S+ SEND\r\n/g, 12],
    ["answers", /MSRP \S+ 200 OK\r\n/g, 12],
    ["success reports", /MSRP \S+ REPORT\r\n/g, 4],
  ])("RFC 4975 §7 %s were among what it read", (_, start, atLeast) => {
    const octets = readFileSync(capture.file, "latin1");
    expect([...octets.matchAll(start)].length).toBeGreaterThanOrEqual(atLeast);
  });
});
