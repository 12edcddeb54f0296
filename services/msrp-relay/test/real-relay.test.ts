import { readFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import { TimerWheel } from "@heliograph/kernel";
import { createMsrpEndpoints, type MsrpSessionParts, type WholeMessage } from "@heliograph/msrp-stack";
import { keptCertificate } from "@heliograph/runtime";
import { PooledChance } from "@heliograph/sip-stack";
import { givenCore } from "./given-core.js";
import { anchored, described, pathOf, translated } from "./given.js";
import { closeAll, givenRealRelay } from "./real-phone.js";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await closeAll();
});

/** Relays that know one another by their certificates, each on an address of its own. */
async function givenRelays(...addresses: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), "relays-"));
  ends.push(() => rm(folder, { recursive: true }));
  const authorities = join(folder, "authorities.pem");
  const certificates = await Promise.all(
    addresses.map(async (address) => {
      const dataDir = join(folder, address);
      await keptCertificate({ keyFile: undefined, certFile: undefined, dataDir }, [address]);
      const [keyFile, certFile] = [join(dataDir, "tls", "key.pem"), join(dataDir, "tls", "cert.pem")];
      return { address, keyFile, certFile, cert: await readFile(certFile, "utf8") };
    }),
  );
  const ca = certificates.map(({ cert }) => cert).join("\n");
  await writeFile(authorities, ca);
  const started = [];
  for (const { address, keyFile, certFile } of certificates) {
    const relay = await givenRealRelay({
      MSRP_LISTEN: `tcp:${address}:0,tls:${address}:0,wss:${address}:0`,
      TLS_KEY: keyFile,
      TLS_CERT: certFile,
      MSRP_AUTHORITIES: authorities,
      MSRP_RELAYS: addresses.join(","),
      MSRP_NODE_ID: "relay1",
    });
    const core = await givenCore(relay.bus);
    const portOf = (transport: string) =>
      relay.relay.points.find((point) => point.transport === transport)?.port ?? 0;
    const uri = (transport: "tls" | "wss") =>
      `msrps://alice@${address}:${portOf(transport)};${transport === "tls" ? "tcp" : "ws"}`;
    started.push({ ...relay, core, uri });
  }
  return { relays: started, ca };
}

/** End points of somebody: one who trusts the relays, and listens or not. */
async function givenEndpoints(ca: string, listens = false) {
  const listen = listens ? [{ transport: "tcp" as const, address: "127.0.0.1", port: 0 }] : [];
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

const user = { username: "alice", password: "wonderland" };
const terms = {
  direction: "sendrecv",
  acceptTypes: ["*"],
  acceptWrappedTypes: ["*"],
  maxMessageBytes: 64 << 20,
} as const satisfies Partial<MsrpSessionParts>;

/** The messages of a session as they come. */
function inboxOf(session: { onMessage(take: (message: WholeMessage) => void): void }) {
  const messages: WholeMessage[] = [];
  let notify: () => void = () => undefined;
  session.onMessage((message) => {
    messages.push(message);
    notify();
  });
  return async (): Promise<Buffer> => {
    for (;;) {
      const message = messages.shift();
      if (message !== undefined) return Buffer.from(message.content);
      await new Promise<void>((resolve) => (notify = resolve));
    }
  };
}

const textOf = (text: string) => ({ contentType: "text/plain", body: Buffer.from(text) });

describe.each(["tls", "wss"] as const)("flow 4.24 a client behind its relay, over %s", (transport) => {
  const reach = transport === "tls" ? "tls" : "ws";

  /** Alice has a URI of the relay; Bob listens, and knows nothing of relays. */
  async function given() {
    const { relays, ca } = await givenRelays("127.0.0.1");
    const [relay] = relays;
    if (relay === undefined) throw new Error("no relay");
    const [hers, his] = [await givenEndpoints(ca), await givenEndpoints(ca, true)];
    const from = hers.createUri(reach);
    const access = await hers.authenticate({ uri: relay.uri(transport), from, ...user, expiresS: 900 });
    return { relay, hers, his, from, access, bobUri: his.createUri("tcp") };
  }

  it.each(["active", "passive"] as const)(
    "MS-21 MS-22 MS-24 talks with a plain peer, being %s",
    async (role) => {
      const { hers, his, from, access, bobUri } = await given();
      const [use = ""] = access.usePath;
      expect(use).toMatch(/^msrps:\/\/127\.0\.0\.1:\d+\/[^;]{20,};tcp$/);
      const alice = hers.open({ ...terms, uri: from, peerPath: [bobUri], role, relay: access });
      const bob = his.open({
        ...terms,
        uri: bobUri,
        peerPath: [use, from],
        role: role === "active" ? "passive" : "active",
      });
      const [toAlice, toBob] = [inboxOf(alice), inboxOf(bob)];
      await Promise.all([alice.bound, bob.bound]);
      const said = alice.send({ ...textOf("hello ü"), wantsSuccessReport: true });
      expect((await toBob()).toString()).toBe("hello ü");
      expect([await said.sent, await said.reported]).toEqual([{ kind: "done" }, { kind: "done" }]);
      const file = Buffer.alloc(3_000_000, "0123456789abcdef\r\n-------");
      const [there, back] = [alice, bob].map((one) =>
        one.send({ contentType: "application/octet-stream", body: file, wantsSuccessReport: true }),
      );
      expect((await toBob()).equals(file)).toBe(true);
      expect((await toAlice()).equals(file)).toBe(true);
      expect([await there?.reported, await back?.reported]).toEqual([{ kind: "done" }, { kind: "done" }]);
    },
  );

  it("MS-26 hears of what the peer refuses by REPORT", async () => {
    const { hers, his, from, access, bobUri } = await given();
    const [use = ""] = access.usePath;
    const alice = hers.open({ ...terms, uri: from, peerPath: [bobUri], role: "active", relay: access });
    const peerPath = [use, from];
    his.open({ ...terms, uri: bobUri, peerPath, role: "passive", maxMessageBytes: 4 });
    await alice.bound;
    const said = alice.send({ ...textOf("much too long"), wantsSuccessReport: true });
    expect(await said.reported).toMatchObject({ kind: "refused", status: 413 });
  });

  it("PF-08 talks in a session that is anchored at the very relay", async () => {
    const { relay, hers, his, from, access, bobUri } = await given();
    const [use = ""] = access.usePath;
    const { port, hostname: host } = new URL(use.replace("msrps", "http").replace(";tcp", ""));
    const more = ["a=setup:active"];
    const path = `${use} ${from}`;
    const parts = { protocol: "TCP/TLS/MSRP", path, host, port: Number(port), more };
    const offered = anchored(await relay.anchor(described(parts)));
    const bobSdp = described({ user: "bob", path: bobUri, host: "127.0.0.1", more });
    const answer = translated(await relay.answer(offered.anchor.session, "callee", bobSdp));
    const alice = hers.open({
      ...terms,
      uri: from,
      peerPath: [pathOf(answer)],
      role: "active",
      relay: access,
    });
    const bob = his.open({ ...terms, uri: bobUri, peerPath: [pathOf(offered.offers?.tcp)], role: "active" });
    const [toAlice, toBob] = [inboxOf(alice), inboxOf(bob)];
    await Promise.all([alice.bound, bob.bound]);
    const file = Buffer.alloc(2_000_000, "xyz\r\n");
    const said = alice.send({ contentType: "text/plain", body: file, wantsSuccessReport: true });
    expect((await toBob()).equals(file)).toBe(true);
    expect(await said.reported).toEqual({ kind: "done" });
    bob.send(textOf("back"));
    expect((await toAlice()).toString()).toBe("back");
    await relay.close(offered.anchor.session);
    expect(relay.problems).toEqual([]);
    expect(relay.lost).toEqual([]);
  });
});

describe("RFC 4976 §6.1: MS-28 relay to relay", () => {
  it("MS-27 a client becomes known to an outer relay through the inner one, which proves itself by its certificate", async () => {
    const { relays, ca } = await givenRelays("127.0.0.1", "127.0.0.2");
    const [inner, outer] = relays;
    if (inner === undefined || outer === undefined) throw new Error("no relays");
    const [hers, his] = [await givenEndpoints(ca), await givenEndpoints(ca, true)];
    const from = hers.createUri("tls");
    const first = await hers.authenticate({ uri: inner.uri("tls"), from, ...user });
    const access = await hers.authenticate({ uri: outer.uri("tls"), behind: first, from, ...user });
    expect(access.usePath).toHaveLength(2);
    expect(access.usePath[0]).toBe(first.usePath[0]);
    expect(access.usePath[1]).toMatch(/^msrps:\/\/127\.0\.0\.2:/);
    const bobUri = his.createUri("tcp");
    const alice = hers.open({ ...terms, uri: from, peerPath: [bobUri], role: "active", relay: access });
    const peerPath = [...access.usePath].reverse();
    const bob = his.open({ ...terms, uri: bobUri, peerPath: [...peerPath, from], role: "passive" });
    const [toAlice, toBob] = [inboxOf(alice), inboxOf(bob)];
    await Promise.all([alice.bound, bob.bound]);
    const said = alice.send({ ...textOf("over two relays"), wantsSuccessReport: true });
    expect((await toBob()).toString()).toBe("over two relays");
    expect(await said.reported).toEqual({ kind: "done" });
    bob.send(textOf("and back"));
    expect((await toAlice()).toString()).toBe("and back");
    expect(inner.core.asked.some((asked) => asked.includes("127.0.0.2"))).toBe(false);
    expect(outer.core.asked.at(-1)).toContain("alice@127.0.0.2");
  });

  it("MS-23 is not sent away for the wrong passwords of its clients", async () => {
    const { relays, ca } = await givenRelays("127.0.0.1", "127.0.0.2");
    const [inner, outer] = relays;
    if (inner === undefined || outer === undefined) throw new Error("no relays");
    for (let time = 0; time < 4; time += 1) {
      const hers = await givenEndpoints(ca);
      const from = hers.createUri("tls");
      const first = await hers.authenticate({ uri: inner.uri("tls"), from, ...user });
      const guess = { uri: outer.uri("tls"), behind: first, from, username: "alice" };
      for (const password of ["no", "nor this"])
        await expect(hers.authenticate({ ...guess, password })).rejects.toThrow("Unauthorized");
    }
    expect(outer.metrics.text()).toMatch(/connections_accepted_total 1\b/);
  });
});
