import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { createClient, type ReceivedMessage } from "@heliograph/client";
import { freePort, HeliographServer } from "@heliograph/testkit";
import { eventually } from "../scenarios/eventually.js";
import { startKamailio } from "./programs/kamailio.js";
import { arrivals, SippUsers } from "./programs/sipp-users.js";
import type { Sipp } from "./programs/sipp.js";
import type { SpawnedProgram } from "./programs/spawned-program.js";

/** Kamailio speaks from an address of its own: by that we know it. */
const itsAddress = "127.0.0.2";

/** Registrar and proxy of kamailio.test; heliograph.test, and a third network, are beyond us. */
const config = (port: number, ours: number): string => `
listen=udp:${itsAddress}:${port}
${["tm", "sl", "rr", "pv", "maxfwd", "textops", "siputils", "usrloc", "registrar"].map((name) => `loadmodule "${name}.so"`).join("\n")}
request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("REGISTER")) { save("location"); exit; }
  if ($rd == "kamailio.test") {
    if (!lookup("location")) { sl_send_reply("404", "No Such User In Kamailio"); exit; }
  } else {
    $du = "sip:127.0.0.1:${ours}";
  }
  t_relay();
}
`;

let server: HeliographServer;
let kamailio: SpawnedProgram;
let theirs: SippUsers;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const port = await freePort();
  const env = {
    NEIGHBOURS: `kamailio.test=sip:${itsAddress}:${port};address=${itsAddress}/32`,
    MD5_ONLY_CLIENTS: "sipp",
  };
  server = await HeliographServer.start({ env });
  await server.addDomain("heliograph.test");
  for (const user of ["alice", "bob", "carol"]) await server.addUser(`sip:${user}@heliograph.test`, user);
  kamailio = await startKamailio(config(port, server.ports.sip), port);
  theirs = new SippUsers({ domain: "kamailio.test", server: `${itsAddress}:${port}`, challenges: false });
}, 90_000);
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
afterAll(async () => {
  await kamailio.stop();
  await server.stop();
}, 40_000);

async function startClient(user: string) {
  const messages: ReceivedMessage[] = [];
  const aor = `sip:${user}@heliograph.test`;
  const client = createClient({ aor, password: user, server: server.uri("udp") });
  client.onMessage(({ message }) => void messages.push(message));
  ends.push(() => client.close());
  expect(await client.register()).toMatchObject({ kind: "registered" });
  return { client, messages };
}

async function startDevice(users: SippUsers, name: string): Promise<Sipp> {
  const device = await users.startDevice(name, "udp");
  ends.push(() => device.stop());
  return device;
}

/** sipp ends a body with a line break. */
const line = (text: string): string => `${text}\r\n`;

/** One message from kate, of their network. */
const fromKate = (to: string, text: string, status: number, more: Parameters<SippUsers["message"]>[3] = {}) =>
  theirs.play("udp", ...theirs.steps(theirs.message("kate", to, text, more), { status }));

describe("SC-08 Kamailio as a neighbouring network", () => {
  it("PF-05 is sent what is for its users, by the configured route, and its 200 is ours", async () => {
    const kate = await startDevice(theirs, "kate");
    const { client } = await startClient("alice");
    const text = "from us to Kamailio";
    expect(await client.sendText("sip:kate@kamailio.test", text)).toMatchObject({ status: 200 });
    const [arrived = ""] = arrivals(kate, text);
    expect(arrived).toContain("From: <sip:alice@heliograph.test>");
    expect(arrived).not.toMatch(/^P-(Asserted|Preferred)-Identity|^P-Served-User|^P-Charging|^Proxy-Auth/im);
  }, 60_000);

  it("PF-43 says 404 where it says that it does not know the user", async () => {
    const { client } = await startClient("alice");
    expect(await client.sendText("sip:nobody@kamailio.test", "?")).toMatchObject({ status: 404 });
  }, 60_000);

  it("PF-01 PF-02 delivers to our users what comes from there", async () => {
    const { messages } = await startClient("alice");
    await fromKate("sip:alice@heliograph.test", "from Kamailio to us", 200);
    await eventually("alice has it", () => messages.length > 0);
    expect(messages).toMatchObject([{ text: line("from Kamailio to us"), from: "sip:kate@kamailio.test" }]);
  }, 60_000);

  it("DF-02 keeps it for ours who are away: 202 goes back through Kamailio", async () => {
    await fromKate("sip:carol@heliograph.test", "wait for carol", 202);
    const { messages } = await startClient("carol");
    await eventually("carol has it", () => messages.length > 0);
    expect(messages).toMatchObject([{ text: line("wait for carol"), from: "sip:kate@kamailio.test" }]);
  }, 60_000);

  it("PF-24 says 404 through it for a user whom we do not have", async () => {
    await fromKate("sip:nobody@heliograph.test", "?", 404);
  }, 60_000);

  it("GEN-06 shows no identity that it asserts, as it is not trusted", async () => {
    const ours = new SippUsers({
      domain: "heliograph.test",
      server: `127.0.0.1:${server.ports.sip}`,
      challenges: true,
    });
    const bob = await startDevice(ours, "bob");
    const headers = ["P-Asserted-Identity: <sip:alice@heliograph.test>"];
    await fromKate("sip:bob@heliograph.test", "I am alice", 200, { headers });
    const [arrived = ""] = arrivals(bob, "I am alice");
    expect(arrived).toContain("From: <sip:kate@kamailio.test>");
    expect(arrived).not.toContain("P-Asserted-Identity");
    expect(arrived).not.toContain("alice@heliograph.test");
  }, 60_000);

  it("GEN-06 GEN-31 is asked for credentials when it sends in the name of one of ours", async () => {
    await fromKate("sip:bob@heliograph.test", "?", 407, { from: "sip:alice@heliograph.test" });
  }, 60_000);

  it("GEN-06 does not relay from it to a third network", async () => {
    await fromKate("sip:victim@third.test", "?", 403);
    const route = [`Route: <sip:127.0.0.1:${server.ports.sip};lr>, <sip:192.0.2.1;lr>`];
    await fromKate("sip:victim@third.test", "?", 403, { headers: route });
  }, 60_000);

  it("GEN-06 takes nobody else for it: its domain from another address is refused", async () => {
    const stranger = new SippUsers({
      domain: "kamailio.test",
      server: `127.0.0.1:${server.ports.sip}`,
      challenges: false,
    });
    const forged = stranger.message("kate", "sip:bob@heliograph.test", "?");
    await stranger.play("udp", ...stranger.steps(forged, { status: 403 }));
  }, 60_000);
});
