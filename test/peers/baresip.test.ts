import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { type Arrival, type Client, createClient } from "@heliograph/client";
import { HeliographServer } from "@heliograph/testkit";
import { eventually } from "../scenarios/eventually.js";
import { Baresip } from "./programs/baresip.js";

const domain = "127.0.0.1";

let server: HeliographServer;
const ends: (() => Promise<void>)[] = [];
beforeAll(async () => {
  server = await HeliographServer.start();
}, 90_000);
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
afterAll(() => server.stop(), 40_000);

async function startBaresip(user: string, peer: string, transport: "udp" | "tcp"): Promise<Baresip> {
  const uri = `sip:${user}@${domain}:${server.ports.sip};transport=${transport}`;
  const contact = `sip:${peer}@${domain}:${server.ports.sip}`;
  const baresip = await Baresip.start({ uri, password: user, contact });
  ends.push(() => baresip.stop());
  return baresip;
}

async function startClient(user: string): Promise<{ client: Client; texts: string[] }> {
  const texts: string[] = [];
  const client = createClient({ aor: `sip:${user}@${domain}`, password: user, server: server.uri("udp") });
  client.onMessage(({ message }: Arrival) => void texts.push(message.text ?? ""));
  ends.push(() => client.close());
  expect(await client.register()).toMatchObject({ kind: "registered" });
  return { client, texts };
}

describe("baresip", () => {
  it.each(["udp", "tcp"] as const)(
    "GEN-21 GEN-31 R-sip-core-1 two register over %s by an address with our port, and write to each other",
    async (transport) => {
      const alice = await startBaresip("alice", "bob", transport);
      const bob = await startBaresip("bob", "alice", transport);
      await alice.send("hello from alice");
      await bob.program.waitFor(/hello from alice/);
      await bob.send("hello from bob");
      await alice.program.waitFor(/hello from bob/);
    },
    60_000,
  );

  it("PF-46 gets plain text from our client, and its text arrives there", async () => {
    const { client, texts } = await startClient("carol");
    const bob = await startBaresip("bob", "carol", "udp");
    await bob.send("plain text");
    await eventually("the client has it", () => texts.includes("plain text"));
    expect(await client.sendText(`sip:bob@${domain}`, "plain answer")).toMatchObject({ status: 200 });
    await bob.program.waitFor(/plain answer/);
  }, 60_000);

  it("DF-02 DF-36 is given what was deferred while it was away, in order", async () => {
    const { client } = await startClient("carol");
    for (const text of ["deferred one", "deferred two"]) {
      expect(await client.sendText(`sip:alice@${domain}`, text)).toMatchObject({ status: 202 });
    }
    const alice = await startBaresip("alice", "carol", "udp");
    await alice.program.waitFor(/deferred one[^]*deferred two/, 30_000);
  }, 60_000);

  it("PF-46 is given the text inside a message/cpim that it does not take, where that loses nothing", async () => {
    const { client } = await startClient("carol");
    const bob = await startBaresip("bob", "carol", "udp");
    const wants = ["processing"] as const;
    const sent = await client.sendText(`sip:bob@${domain}`, "wrapped text", { wants });
    expect(sent).toMatchObject({ kind: "accepted", status: 200 });
    await bob.program.waitFor(/ 415 [^]*MESSAGE sip:bob[^]*Content-Type: text\/plain[^]*\n\s*wrapped text/);
  }, 60_000);
});
