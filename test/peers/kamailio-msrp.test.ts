import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { TimerWheel } from "@heliograph/kernel";
import { createMsrpEndpoints, type MsrpSession, type WholeMessage } from "@heliograph/msrp-stack";
import { keptCertificate } from "@heliograph/runtime";
import { PooledChance } from "@heliograph/sip-stack";
import { freePort, HeliographServer } from "@heliograph/testkit";
import { eventually } from "../scenarios/eventually.js";
import { startKamailio } from "./programs/kamailio.js";
import type { SpawnedProgram } from "./programs/spawned-program.js";

/** Kamailio's own address, which its certificate is for. */
const itsAddress = "127.0.0.2";

interface Ports {
  readonly udp: number;
  readonly tcp: number;
  readonly tls: number;
}

/** As the documentation of its msrp module has it: a chunk is answered, and goes on to the next hop of its path. */
const config = ({ udp, tcp, tls }: Ports, folder: string): string => `
listen=udp:${itsAddress}:${udp}
listen=tcp:${itsAddress}:${tcp}
listen=tls:${itsAddress}:${tls}
enable_tls=yes
tcp_accept_no_cl=yes
loadmodule "pv.so"
loadmodule "tls.so"
loadmodule "msrp.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "private_key", "${join(folder, "tls", "key.pem")}")
modparam("tls", "certificate", "${join(folder, "tls", "cert.pem")}")
request_route { exit; }
event_route[msrp:frame-in] {
  msrp_reply_flags("1");
  if (msrp_is_reply()) { exit; }
  if ($msrp(method) != "REPORT") { msrp_reply("200", "OK"); }
  msrp_relay();
}
`;

let server: HeliographServer;
let kamailio: SpawnedProgram;
let ports: Ports;
const folder = mkdtempSync(join(tmpdir(), "kamailio-tls-"));
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  ports = { udp: await freePort(), tcp: await freePort(), tls: await freePort() };
  const source = { keyFile: undefined, certFile: undefined, dataDir: folder };
  await keptCertificate(source, [itsAddress]);
  const env = { MSRP_AUTHORITIES: join(folder, "tls", "cert.pem") };
  server = await HeliographServer.start({ env });
  await server.addDomain("heliograph.test");
  await server.addUser("sip:alice@heliograph.test", "wonderland");
  kamailio = await startKamailio(config(ports, folder), ports.udp);
}, 90_000);
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(async () => {
  await kamailio.stop();
  await server.stop();
  rmSync(folder, { recursive: true });
}, 40_000);

/** End points: those of a client that trusts our relay, or of a peer that listens. */
async function givenEndpoints(listens: boolean) {
  const listen = listens ? [{ transport: "tcp" as const, address: "127.0.0.1", port: 0 }] : [];
  const ca = readFileSync(join(server.dataDir, "tls", "cert.pem"), "utf8");
  const endpoints = createMsrpEndpoints({
    listen,
    clock: new TimerWheel(),
    chance: new PooledChance(),
    tls: { ca },
  });
  await endpoints.start();
  ends.push(() => endpoints.stop());
  return endpoints;
}

const terms = {
  direction: "sendrecv",
  acceptTypes: ["*"],
  acceptWrappedTypes: ["*"],
  maxMessageBytes: 8 << 20,
} as const;

function inboxOf(session: MsrpSession): readonly WholeMessage[] {
  const messages: WholeMessage[] = [];
  session.onMessage((message) => void messages.push(message));
  return messages;
}

/** Alice is behind our relay, Bob behind Kamailio, which Alice's requests reach by TCP or TLS. */
async function givenSession(hop: "tcp" | "tls", transport: "tls" | "wss") {
  const [hers, his] = [await givenEndpoints(false), await givenEndpoints(true)];
  const from = hers.createUri(transport === "tls" ? "tls" : "ws");
  const [port, by] = transport === "tls" ? [server.ports.msrps, "tcp"] : [server.ports.msrpWss, "ws"];
  const uri = `msrps://alice%40heliograph.test@127.0.0.1:${port};${by}`;
  const access = await hers.authenticate({ uri, from, username: "alice", password: "wonderland" });
  const itsUri = `${hop === "tls" ? "msrps" : "msrp"}://${itsAddress}:${ports[hop]}/relayed;tcp`;
  const toKamailio = `msrp://${itsAddress}:${ports.tcp}/relayed;tcp`;
  const bobUri = his.createUri("tcp");
  const bob = his.open({
    ...terms,
    uri: bobUri,
    ownRelays: [toKamailio],
    peerPath: [...access.usePath, from],
    role: "passive",
  });
  const alice = hers.open({
    ...terms,
    uri: from,
    peerPath: [itsUri, bobUri],
    role: "active",
    relay: access,
  });
  const [toAlice, toBob] = [inboxOf(alice), inboxOf(bob)];
  await Promise.all([alice.bound, bob.bound]);
  return { alice, bob, toAlice, toBob };
}

describe("MS-21 Kamailio's msrp module as a neighbouring relay", () => {
  it.each([
    ["tcp", "tls"],
    ["tls", "tls"],
    ["tls", "wss"],
  ] as const)(
    "MS-26 MS-28 carries what our client sends, and back, by %s (client on %s)",
    async (hop, transport) => {
      const { alice, bob, toAlice, toBob } = await givenSession(hop, transport);
      const said = alice.send({
        contentType: "text/plain",
        body: Buffer.from("over two relays"),
        wantsSuccessReport: true,
      });
      await eventually("Bob has it", () => toBob.length === 1);
      expect(Buffer.from(toBob[0]?.content ?? []).toString()).toBe("over two relays");
      expect(await said.sent).toEqual({ kind: "done" });
      expect(await said.reported).toEqual({ kind: "done" });
      const answered = bob.send({
        contentType: "text/plain",
        body: Buffer.from("and back"),
        wantsSuccessReport: true,
      });
      await eventually("Alice has it", () => toAlice.length === 1);
      expect(Buffer.from(toAlice[0]?.content ?? []).toString()).toBe("and back");
      expect(await answered.reported).toEqual({ kind: "done" });
    },
    60_000,
  );
});
