import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { freePort, HeliographServer } from "@heliograph/testkit";
import { run } from "./given-terminal.js";

const alice = "sip:alice@127.0.0.1";
const bob = "sip:bob@127.0.0.1";

describe("heliograph send and listen, against the service", () => {
  let server: HeliographServer;
  let env: (user: string, password?: string) => Record<string, string>;
  beforeAll(async () => {
    server = await HeliographServer.start();
    env = (user, password = user) => ({
      HELIOGRAPH_USER: `sip:${user}@127.0.0.1`,
      HELIOGRAPH_PASSWORD: password,
      HELIOGRAPH_SERVER: server.uri("udp"),
      HELIOGRAPH_ADMIN: server.adminUrl,
      ADMIN_API_KEY: server.adminKey,
    });
  }, 70_000);
  afterAll(() => server.stop(), 30_000);

  it("shows a message as it comes, and the receipts to who sent it", async () => {
    let isRegistered: () => void = () => undefined;
    const registered = new Promise<void>((resolve) => {
      isRegistered = resolve;
    });
    const listening = run(["listen", "--count", "1"], {
      env: env("bob"),
      onOutput: (text) => text.includes("registered") && isRegistered(),
    });
    await registered;
    const sent = await run(["send", bob, "Are", "you", "there?", "--receipts"], { env: env("alice") });
    expect(sent.failed).toBeUndefined();
    expect(sent.out).toContain(`${bob} has it\n`);
    expect(sent.out).toContain("  delivered\n");
    expect(sent.out).toContain("  displayed\n");
    const heard = await listening;
    expect(heard.failed).toBeUndefined();
    expect(heard.out).toContain(`${alice}  Are you there?\n`);
  }, 30_000);

  it("says that a message waits, and gives it to who listens later, as JSON for programs", async () => {
    const sent = await run(["send", "sip:carol@127.0.0.1", "Later"], { env: env("alice") });
    expect(sent.out).toBe("sip:carol@127.0.0.1 is offline: the service keeps it\n");
    const status = await run(["status"], { env: env("alice") });
    expect(status.out).toContain("Waiting     1 messages");
    const heard = await run(["listen", "--count", "1", "--json"], { env: env("carol") });
    expect(JSON.parse(heard.out)).toMatchObject({ from: alice, text: "Later" });
  }, 30_000);

  it("ends when the person has had enough", async () => {
    const { failed, err } = await run(["listen"], { env: env("bob"), interrupted: Promise.resolve() });
    expect(failed).toBeUndefined();
    expect(err).toContain("waiting for messages");
  }, 30_000);

  it("says what to do about a wrong password", async () => {
    const { failed } = await run(["send", bob, "hi"], { env: env("alice", "wrong") });
    expect(failed).toMatch(/^not sent: the service says 40[17] .*: check --as and the password/);
    const listening = await run(["listen"], { env: env("alice", "wrong") });
    expect(listening.failed).toMatch(/^the service says 401 .*: check --as and the password/);
  }, 30_000);

  it("says what to do about a recipient whom nobody knows", async () => {
    const { failed } = await run(["send", "sip:nobody@127.0.0.1", "hi"], { env: env("alice") });
    expect(failed).toBe(
      'not sent: nobody here is called sip:nobody@127.0.0.1 ("heliograph user list" shows who is)',
    );
  }, 30_000);

  it("adds a user who can send at once", async () => {
    const added = await run(["user", "add", "sip:dave@127.0.0.1"], { env: env("alice") });
    const password = /password (\S+)/.exec(added.out)?.[1] ?? "";
    const sent = await run(["send", "sip:carol@127.0.0.1", "I am new"], { env: env("dave", password) });
    expect(sent.failed).toBeUndefined();
    expect((await run(["user", "list"], { env: env("alice") })).out).toContain("sip:dave@127.0.0.1");
  }, 30_000);
});

describe("heliograph send without a service", () => {
  it.each(["udp", "tcp"])(
    "says so over %s, and how to start one",
    async (transport) => {
      const server = `sip:127.0.0.1:${await freePort()};transport=${transport}`;
      const env = { HELIOGRAPH_USER: alice, HELIOGRAPH_PASSWORD: "alice", HELIOGRAPH_SERVER: server };
      const { failed } = await run(["send", bob, "hi"], { env });
      expect(failed).toMatch(
        /^not sent: the service cannot be reached \(.+\): start it \(npm start\), or say where/,
      );
    },
    40_000,
  );

  it("asks who one is, and says how to say it where nobody answers", async () => {
    expect((await run(["send", bob, "hi"])).failed).toBe(
      "who are you? Say --as sip:NAME@DOMAIN, or set HELIOGRAPH_USER",
    );
    expect((await run(["send", bob, "hi"], { answer: "alice" })).failed).toBe(
      "not an address of record (sip:NAME@DOMAIN): alice",
    );
  });
});
