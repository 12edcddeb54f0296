import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { HeliographServer } from "@heliograph/testkit";
import { Sipp } from "./programs/sipp.js";
import { pause, receive, scenario, send } from "./programs/sipp-scenario.js";
import { arrivals, contact, SippUsers, withCredentials } from "./programs/sipp-users.js";

const domain = "127.0.0.1";

let server: HeliographServer;
let users: SippUsers;
beforeAll(async () => {
  server = await HeliographServer.start({ env: { MD5_ONLY_CLIENTS: "sipp" } });
  users = new SippUsers({ domain, server: `127.0.0.1:${server.ports.sip}`, challenges: true });
}, 90_000);
afterAll(() => server.stop(), 40_000);

describe.each(["udp", "tcp"] as const)("sipp over %s", (transport) => {
  it("GEN-31 SC-01 registers with digest, is told its binding, and removes it with Contact: *", async () => {
    const registered = { status: 200, matches: ["Contact: <sip:alice@127.0.0.1:.*expires=600"] };
    await users.play(transport, ...users.steps(users.registering("alice"), registered));
    const removed = await users.play(
      transport,
      ...users.steps(users.registering("alice", "Contact: *", "Expires: 0"), { status: 200 }),
    );
    expect(removed.messages.split("SIP/2.0 200").at(-1)).not.toContain("Contact:");
  });

  it("GEN-33 is asked again after a wrong password, and an unknown user is asked the same way", async () => {
    await users.play(transport, ...users.steps(users.registering("alice"), { status: 401 }, "not this one"));
    await users.play(transport, ...users.steps(users.registering("nobody-of-that-name"), { status: 401 }));
  });

  it("GEN-23 SC-01 is refused a registration that is too brief, and told what is not", async () => {
    const brief = users.registering("alice", contact("alice"), "Expires: 5");
    await users.play(transport, ...users.steps(brief, { status: 423, matches: ["Min-Expires: 60"] }));
  });

  it("GEN-22 is refused Contact: * that does not remove, or does not stand alone", async () => {
    await users.play(
      transport,
      ...users.steps(users.registering("alice", "Contact: *", "Expires: 60"), { status: 400 }),
    );
    const both = users.registering("alice", "Contact: *", contact("alice"), "Expires: 0");
    await users.play(transport, ...users.steps(both, { status: 400 }));
  });

  it("PF-40 PF-54 delivers to a sipp that is online: 200, and the body as it was", async () => {
    const bob = await users.startDevice("bob", transport);
    try {
      const text = `online by ${transport}`;
      const sent = await users.play(
        transport,
        ...users.steps(users.message("alice", "bob", text), { status: 200 }),
      );
      expect(sent.messages.split("SIP/2.0 200").at(-1)).not.toContain("Contact:");
      await bob.waitFor(new RegExp(`MESSAGE sip:bob@[^]*${text}`));
      expect(arrivals(bob, text)).toHaveLength(1);
    } finally {
      await bob.stop();
      await users.forget("bob");
    }
  });

  it("DF-02 DF-04 PF-44 keeps a message for a sipp that is not there: 202, pushed when it registers", async () => {
    const texts = [1, 2, 3].map((number) => `kept ${number} by ${transport}`);
    for (const text of texts) {
      await users.play(transport, ...users.steps(users.message("alice", "carol", text), { status: 202 }));
    }
    const carol = await users.startDevice("carol", transport);
    try {
      await carol.waitFor(new RegExp(texts.join("[^]*")));
      expect(texts.map((text) => arrivals(carol, text).length)).toEqual([1, 1, 1]);
    } finally {
      await carol.stop();
      await users.forget("carol");
    }
  });

  it("PF-24 says 404 for a user who does not exist", async () => {
    await users.play(
      transport,
      ...users.steps(users.message("alice", "nobody-of-that-name", "?"), { status: 404 }),
    );
  });

  it("GEN-04 says 420 with Unsupported to an extension that it does not have", async () => {
    const demanding = users.message("alice", "bob", "?", { headers: ["Require: foo"] });
    await users.play(transport, ...users.steps(demanding, { status: 420, matches: ["Unsupported: foo"] }));
  });

  it("GEN-03 says 483 when no hop is left", async () => {
    await users.play(
      transport,
      send(users.message("alice", "bob", "?", { maxForwards: 0 })),
      receive({ status: 483 }),
    );
  });

  it("GEN-04 says 416 to a scheme that nobody has", async () => {
    const strange = users.message("alice", "bob", "?", { uri: "gopher:bob", to: users.aor("bob") });
    await users.play(transport, send(strange), receive({ status: 416 }));
  });

  it("GEN-20 answers OPTIONS with what it can do", async () => {
    const options = { method: "OPTIONS", uri: `sip:${domain}`, from: users.aor("alice") };
    const matches = ["Allow:.*MESSAGE", "Accept:.*message/cpim", "Supported: "];
    await users.play(transport, send(options), receive({ status: 200, matches }));
  });

  it.each([
    ["whose CSeq names another method", { cseqMethod: "INVITE" }],
    ["without CSeq", { without: ["CSeq"] }],
    ["without To", { without: ["To"] }],
    ["whose Max-Forwards is no number", { maxForwards: "many" }],
    ["whose Request-URI cannot be read", { uri: `sip:bob@${domain}:port`, to: `sip:bob@${domain}` }],
  ])("says 400 to a message %s", async (_, wrong) => {
    const steps = [send(users.message("alice", "bob", "?", wrong), 0), receive({ status: 400 })];
    const sipp = new Sipp({ scenario: scenario(...steps), ...(await users.place(transport)) });
    await sipp.waitFor(/message received[^]*^SIP\/2\.0 400 /m);
    await sipp.stop();
  });
});

describe("sipp over udp alone", () => {
  it("RFC 3261 §18.3 says 400 to a message that is shorter than its Content-Length", async () => {
    const short = users.message("alice", "bob", "?", { contentLength: 500 });
    await users.play("udp", send(short, 0), receive({ status: 400 }));
  });

  it("GEN-19 delivers a message that is retransmitted once, and answers each time the same", async () => {
    const bob = await users.startDevice("bob", "udp");
    try {
      const text = "said three times";
      const request = users.message("alice", "bob", text, { branch: "z9hG4bK-again-[pid]" });
      const again = send(
        withCredentials({ ...request, headers: ["User-Agent: sipp", ...(request.headers ?? [])] }, "alice"),
        0,
      );
      const steps = [...users.steps(request, { status: 200 }), again, again, pause(30_000)];
      const sipp = new Sipp({ scenario: scenario(...steps), ...(await users.place("udp")), isPatient: true });
      await sipp.waitFor(/(message received \[[^]*^SIP\/2\.0 200 OK[^]*){3}/m);
      await sipp.stop();
      expect(arrivals(bob, text)).toHaveLength(1);
      const answers = [...sipp.messages.matchAll(/message received \[.*\s+(SIP\/2\.0 200 [^]*?\n\r?\n)/g)];
      expect(new Set(answers.map(([, answer]) => answer)).size).toBe(1);
      expect(answers.length).toBeGreaterThanOrEqual(3);
    } finally {
      await bob.stop();
      await users.forget("bob");
    }
  });

  it("PF-22 says 513 to a message of more than 1300 octets, and takes it over TCP", async () => {
    const large = users.message("alice", "carol", "x".repeat(1_301));
    await users.play(
      "udp",
      ...users.steps(large, { status: 513, matches: ["Warning: 399 .*133 Size exceeded"] }),
    );
    await users.play("tcp", ...users.steps(large, { status: 202 }));
  });
});
