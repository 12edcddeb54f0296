import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Client, createClient, type Disposition } from "@heliograph/client";
import { HeliographServer } from "@heliograph/testkit";
import { eventually } from "../scenarios/eventually.js";
import { type Capture, readCapture, startCapture } from "./programs/capture.js";
import { SippUsers } from "./programs/sipp-users.js";

const domain = "127.0.0.1";
const aor = (user: string): string => `sip:${user}@${domain}`;
const wants: readonly Disposition[] = ["positive-delivery", "negative-delivery", "processing", "display"];

let server: HeliographServer;
let capture: Capture;
const texts: string[] = [];
const receipts: string[] = [];

beforeAll(async () => {
  server = await HeliographServer.start({ env: { MD5_ONLY_CLIENTS: "sipp" } });
  capture = await startCapture([server.ports.sip]);
  await playScenario();
  await capture.stop();
}, 120_000);
afterAll(() => server.stop(), 40_000);

async function register(user: string, transport: "udp" | "tcp"): Promise<Client> {
  const client = createClient({
    aor: aor(user),
    password: user,
    server: server.uri(transport),
    expiresS: 600,
  });
  client.onMessage(({ message }) => {
    texts.push(message.text ?? "");
    void client.markDisplayed(message);
  });
  client.onReceipt(({ status }) => receipts.push(status));
  expect(await client.register()).toMatchObject({ kind: "registered" });
  return client;
}

/** What two people do in a day: online, offline, receipts, typing, and what goes wrong. */
async function playScenario(): Promise<void> {
  const alice = await register("alice", "udp");
  let bob = await register("bob", "tcp");
  await alice.setComposing(aor("bob"), "active");
  await alice.sendText(aor("bob"), "online ✓", { wants });
  await bob.sendText(aor("alice"), "and back");
  await eventually("both have arrived", () => texts.length === 2);
  await eventually("it is displayed", () => receipts.includes("displayed"));
  await bob.close();
  await alice.sendText(aor("bob"), "offline one", { wants });
  await alice.sendText(aor("bob"), "offline two", { expiresS: 600 });
  bob = await register("bob", "udp");
  await eventually("all four have arrived", () => texts.length === 4);
  await eventually(
    "the offline ones are receipted",
    () => receipts.filter((one) => one === "displayed").length === 2,
  );
  const refused = [
    await alice.sendText(aor("nobody"), "?"),
    await alice.sendText(aor("bob"), "x".repeat(70_000), { mode: "pager" }),
  ];
  expect(refused).toMatchObject([{ status: 404 }, { status: 513 }]);
  await playErrors();
  await Promise.all([alice.close(), bob.close()]);
}

async function playErrors(): Promise<void> {
  const users = new SippUsers({ domain, server: `127.0.0.1:${server.ports.sip}`, challenges: true });
  const brief = users.registering("carol", "Contact: <sip:carol@127.0.0.1:9>", "Expires: 5");
  const large = users.message("carol", "bob", "y".repeat(1_400));
  const odd = users.message("carol", "bob", "?", { headers: ["Require: foo"] });
  await users.play("tcp", ...users.steps(brief, { status: 423 }));
  await users.play("udp", ...users.steps(large, { status: 513 }));
  await users.play("tcp", ...users.steps(odd, { status: 420 }));
}

const read = (filter: string) => readCapture(capture.file, filter, [server.ports.sip]);

describe("tshark reads a whole scenario over UDP and TCP", () => {
  it("RFC 3261 §7 finds nothing malformed in it", async () => {
    expect(await read("_ws.malformed or _ws.expert.severity == error")).toEqual([]);
  }, 60_000);

  it("takes every octet that we sent for SIP", async () => {
    expect(await read(`(udp or tcp.len > 4) and not sip and not icmp and not tcp.segment_data`)).toEqual([]);
  }, 60_000);

  it.each([
    ["registrations", 'sip.Method == "REGISTER"', 6],
    ["challenges", "sip.Status-Code == 401 or sip.Status-Code == 407", 6],
    ["messages", 'sip.Method == "MESSAGE" and sip.CSeq.method == "MESSAGE"', 20],
    ["what was kept for later", "sip.Status-Code == 202", 2],
    ["refusals", "sip.Status-Code == 404 or sip.Status-Code == 423 or sip.Status-Code == 420", 3],
    ["receipts", 'frame contains "urn:ietf:params:xml:ns:imdn"', 4],
  ])(
    "RFC 3428 §3 finds %s in it",
    async (_, filter, atLeast) => {
      expect((await read(filter)).length).toBeGreaterThanOrEqual(atLeast);
    },
    60_000,
  );
});
