import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { freePort, HeliographServer } from "@heliograph/testkit";
import { storedBy } from "../scenarios/stored-by.js";
import { startKamailio } from "./programs/kamailio.js";
import { arrivals, SippUsers } from "./programs/sipp-users.js";
import type { Sipp } from "./programs/sipp.js";
import type { SpawnedProgram } from "./programs/spawned-program.js";

/** The core speaks from an address of its own: by that it is trusted. */
const coreAddress = "127.0.0.3";

const modules = ["tm", "sl", "rr", "pv", "maxfwd", "textops", "siputils", "usrloc", "registrar", "uac"];

/**
 * An IMS-like core: registers users itself and tells us by third-party REGISTER; hands every message to us by ISC, once
 * for its sender and once for its recipient, with a Route that leads back under a mark; then to the device.
 */
const config = (port: number, ours: number): string => `
listen=udp:${coreAddress}:${port}
${modules.map((name) => `loadmodule "${name}.so"`).join("\n")}
request_route {
  if (!mf_process_maxfwd_header("20")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("REGISTER")) {
    if (!save("location")) exit;
    route(THIRD_PARTY);
    exit;
  }
  if ($si == "127.0.0.1" && $sp == ${ours}) {
    if ($(hdr(Route)[0]) =~ "orig@") { route(TERMINATING); } else { route(DEVICE); }
    exit;
  }
  remove_hf("P-Asserted-Identity");
  remove_hf("P-Served-User");
  append_hf("P-Asserted-Identity: <$fu>\\r\\n", "Call-ID");
  append_hf("P-Served-User: <$fu>;sescase=orig;regstate=reg\\r\\n", "Call-ID");
  append_hf("Route: <sip:127.0.0.1:${ours};lr>, <sip:orig@${coreAddress}:${port};lr>\\r\\n", "Call-ID");
  route(SERVICE);
}
route[THIRD_PARTY] {
  $uac_req(method) = "REGISTER";
  $uac_req(ruri) = "sip:ims.test";
  $uac_req(furi) = "sip:scscf@${coreAddress}:${port}";
  $uac_req(turi) = $tu;
  $uac_req(ouri) = "sip:127.0.0.1:${ours}";
  $var(expires) = "600";
  if ($hdr(Expires) != $null) $var(expires) = $hdr(Expires);
  $uac_req(hdrs) = "Contact: <sip:term@${coreAddress}:${port};lr>\\r\\nExpires: " + $var(expires) + "\\r\\n";
  uac_req_send();
}
route[TERMINATING] {
  remove_hf("Route");
  remove_hf("P-Served-User");
  append_hf("P-Served-User: <$ru>;sescase=term\\r\\n", "Call-ID");
  append_hf("Route: <sip:127.0.0.1:${ours};lr>, <sip:term@${coreAddress}:${port};lr>\\r\\n", "Call-ID");
  route(SERVICE);
}
route[SERVICE] {
  $du = "sip:127.0.0.1:${ours}";
  t_relay();
}
route[DEVICE] {
  remove_hf("Route");
  if (!lookup("location")) { sl_send_reply("480", "Not Registered In The Core"); exit; }
  t_relay();
}
`;

let server: HeliographServer;
let kamailio: SpawnedProgram;
let users: SippUsers;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const port = await freePort();
  server = await HeliographServer.start({ env: { TRUSTED_CORES: `${coreAddress}:${port}` } });
  await server.addDomain("ims.test");
  for (const user of ["alice", "bob", "carol"])
    await server.addUser(`sip:${user}@ims.test`, `${user} unused`);
  kamailio = await startKamailio(config(port, server.ports.sip), port);
  users = new SippUsers({ domain: "ims.test", server: `${coreAddress}:${port}`, challenges: false });
}, 90_000);
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
afterAll(async () => {
  await kamailio.stop();
  await server.stop();
}, 40_000);

async function startDevice(name: string): Promise<Sipp> {
  const device = await users.startDevice(name, "udp");
  ends.push(() => device.stop());
  return device;
}

const write = (from: string, to: string, text: string, status: number) =>
  users.play("udp", ...users.steps(users.message(from, to, text), { status }));

describe("SC-11 PF-02 Kamailio as a core in front, which hands messages to us by ISC", () => {
  it("GEN-06 believes its P-Asserted-Identity, serves sender and recipient, and goes back along its Route", async () => {
    const bob = await startDevice("bob");
    await write("alice", "bob", "through the core twice", 200);
    const [arrived = ""] = arrivals(bob, "through the core twice");
    expect(arrived).toMatch(/^P-Asserted-Identity: <sip:alice@ims\.test>/m);
    // From 70, three times through Kamailio and twice through us.
    expect(arrived).toMatch(/^Max-Forwards: 65\r?$/m);
  }, 60_000);

  it("PF-24 refuses what is for a user of the core whom we do not serve", async () => {
    await write("alice", "nobody", "?", 404);
  }, 60_000);

  it("SC-05 DF-02 DF-04 keeps what the core cannot deliver, and sends it when a third-party REGISTER says that the user is there", async () => {
    const before = await storedBy(server);
    await write("alice", "carol", "kept for carol, one", 202);
    await write("alice", "carol", "kept for carol, two", 202);
    expect(await storedBy(server)).toBe(before + 2);
    const carol = await startDevice("carol");
    await carol.waitFor(/kept for carol, one[^]*kept for carol, two/, 40_000);
    const [arrived = ""] = arrivals(carol, "kept for carol, one");
    expect(arrived).toMatch(/^P-Asserted-Identity: <sip:alice@ims\.test>/m);
    expect(arrivals(carol, "kept for carol")).toHaveLength(2);
  }, 90_000);

  it("GEN-06 believes nobody else: the same headers from another address are asked for credentials", async () => {
    const stranger = new SippUsers({
      domain: "ims.test",
      server: `127.0.0.1:${server.ports.sip}`,
      challenges: false,
    });
    const headers = [
      "P-Asserted-Identity: <sip:alice@ims.test>",
      "P-Served-User: <sip:alice@ims.test>;sescase=orig",
    ];
    const forged = stranger.message("alice", "bob", "?", { headers });
    await stranger.play("udp", ...stranger.steps(forged, { status: 407 }));
  }, 60_000);
});
