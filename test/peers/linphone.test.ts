import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { createClient, type ReceivedMessage } from "@heliograph/client";
import { freePort, HeliographServer } from "@heliograph/testkit";
import { type LinphoneAccount, startLinphoneCli, startLinphoneIm } from "./programs/linphone.js";
import type { SpawnedProgram } from "./programs/spawned-program.js";
import { eventually } from "../scenarios/eventually.js";
import { storedBy } from "../scenarios/stored-by.js";

const domain = "127.0.0.1";
const aor = (user: string): string => `sip:${user}@${domain}`;

let server: HeliographServer;
const running: SpawnedProgram[] = [];
beforeAll(async () => {
  server = await HeliographServer.start();
  for (const user of ["dave", "erin", "frank", "grace"]) await server.addUser(aor(user), user);
}, 90_000);
afterEach(() => Promise.all(running.splice(0).map((program) => program.stop())));
afterAll(() => server.stop(), 40_000);

async function account(user: string, transport: "udp" | "tcp" = "udp"): Promise<LinphoneAccount> {
  return { user, password: user, domain, proxy: server.uri(transport), localPort: await freePort() };
}

/** linphonec, registered. */
async function startCli(user: string, transport: "udp" | "tcp" = "udp"): Promise<SpawnedProgram> {
  const program = await startLinphoneCli(await account(user, transport));
  running.push(program);
  await eventually(`${user} is registered`, () => {
    program.type("status register");
    return /registered, identity/.test(program.output);
  });
  return program;
}

async function startIm(
  user: string,
  options: Parameters<typeof startLinphoneIm>[1],
): Promise<SpawnedProgram> {
  const program = startLinphoneIm(await account(user), options);
  running.push(program);
  await program.waitFor(/^REG .*Ok$/m, 30_000);
  return program;
}

describe("linphonec", () => {
  it.each(["udp", "tcp"] as const)(
    "SC-01 GEN-31 PF-40 two register over %s and write to each other",
    async (transport) => {
      const [alice, bob] = await Promise.all([startCli("alice", transport), startCli("bob", transport)]);
      alice.type(`chat ${aor("bob")} are you there`);
      await bob.waitFor(/are you there/);
      bob.type(`chat ${aor("alice")} yes here`);
      await alice.waitFor(/yes here/);
    },
    60_000,
  );

  it("DF-02 DF-04 DF-36 one that was away gets what was written to it, in order", async () => {
    const alice = await startCli("alice");
    for (const number of [1, 2, 3]) alice.type(`chat ${aor("carol")} while you were away ${number}`);
    await eventually("three are stored", async () => (await storedBy(server)) === 3);
    const carol = await startCli("carol");
    await carol.waitFor(/away 1[^]*away 2[^]*away 3/);
  }, 60_000);
});

describe("PF-45 RFC 5438 liblinphone with CPIM and receipts, which it deflates", () => {
  it("gets delivery and display receipts for what it sent to one that is online", async () => {
    const bob = await startIm("bob", { peer: aor("alice"), count: 0, seconds: 60 });
    const alice = await startIm("alice", { peer: aor("bob"), count: 2, seconds: 60 });
    await bob.waitFor(/RECV .*hello 0 ✓[^]*RECV .*hello 1 ✓/);
    await alice.waitFor(/^STATE \S+ LinphoneChatMessageStateDelivered$/m);
    await alice.waitFor(/(^STATE \S+ LinphoneChatMessageStateDisplayed$[^]*){2}/m);
  }, 60_000);

  it("exchanges messages and each kind of receipt with our client", async () => {
    const receipts: string[] = [];
    const arrived: ReceivedMessage[] = [];
    const ours = createClient({ aor: aor("erin"), password: "erin", server: server.uri("tcp") });
    ours.onReceipt(({ status }) => receipts.push(status));
    ours.onMessage(({ message }) => void arrived.push(message));
    try {
      expect(await ours.register()).toMatchObject({ kind: "registered" });
      const dave = await startIm("dave", { peer: aor("erin"), count: 1, seconds: 60 });
      await dave.waitFor(/^STATE \S+ LinphoneChatMessageStateDeliveredToUser$/m, 30_000);
      expect(arrived.map(({ text, from }) => ({ text, from }))).toEqual([
        { text: "hello 0 ✓", from: aor("dave") },
      ]);
      for (const message of arrived) await ours.markDisplayed(message);
      await dave.waitFor(/^STATE \S+ LinphoneChatMessageStateDisplayed$/m);
      const sent = await ours.sendText(aor("dave"), "and you?", { wants: ["display"] });
      expect(sent).toMatchObject({ kind: "accepted", status: 200 });
      await dave.waitFor(/RECV .*text=and you\?/);
      await eventually("its display receipt has come", () => receipts.includes("displayed"));
    } finally {
      await ours.close();
    }
  }, 60_000);

  it("gets them for what waited for one that was away", async () => {
    const frank = await startIm("frank", { peer: aor("grace"), count: 1, seconds: 80 });
    await frank.waitFor(/^STATE \S+ LinphoneChatMessageStateDelivered$/m);
    const grace = await startIm("grace", { peer: aor("frank"), count: 0, seconds: 60 });
    await grace.waitFor(/RECV .*hello 0 ✓/);
    await frank.waitFor(/^STATE \S+ LinphoneChatMessageStateDisplayed$/m, 30_000);
  }, 90_000);
});
