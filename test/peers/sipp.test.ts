import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { freePort, HeliographServer } from "@heliograph/testkit";
import { playSipp, Sipp, type SippResult, type SippRun } from "./programs/sipp.js";
import {
  pause,
  receive,
  scenario,
  send,
  serve,
  type SippAnswer,
  type SippRequest,
} from "./programs/sipp-scenario.js";

const domain = "127.0.0.1";
const aor = (name: string): string => `sip:${name}@${domain}`;
const contact = (name: string): string =>
  `Contact: <sip:${name}@[local_ip]:[local_port];transport=[transport]>`;
const isSipp = "User-Agent: sipp";

let server: HeliographServer;
beforeAll(async () => {
  server = await HeliographServer.start({ env: { MD5_ONLY_CLIENTS: "sipp" } });
}, 90_000);
afterAll(() => server.stop(), 40_000);

type Transport = "udp" | "tcp";

/** Sends a request, and it again with credentials for the challenge. */
function authenticated(request: SippRequest, answer: SippAnswer, password?: string): string[] {
  const name = request.from.slice(4, request.from.indexOf("@"));
  const challenge = request.method === "REGISTER" ? 401 : 407;
  const headers = [isSipp, ...(request.headers ?? [])];
  return [
    send({ ...request, cseq: 1, branch: "[branch]", headers }),
    receive({ status: challenge, isChallenge: true }),
    send(withCredentials({ ...request, headers }, password ?? name)),
    receive(answer),
  ];
}

function withCredentials(request: SippRequest, password: string): SippRequest {
  const name = request.from.slice(4, request.from.indexOf("@"));
  const credentials = `[authentication username=${name} password=${password}]`;
  return { ...request, cseq: 2, headers: [...(request.headers ?? []), credentials] };
}

const registering = (name: string, ...headers: string[]): SippRequest => ({
  method: "REGISTER",
  uri: `sip:${domain}`,
  from: aor(name),
  to: aor(name),
  headers: headers.length > 0 ? headers : [contact(name), "Expires: 600"],
});

const message = (from: string, to: string, text: string, more: Partial<SippRequest> = {}): SippRequest => ({
  method: "MESSAGE",
  uri: aor(to),
  from: aor(from),
  ...more,
  headers: ["Content-Type: text/plain", ...(more.headers ?? [])],
  body: text,
});

async function play(transport: Transport, ...steps: readonly string[]): Promise<SippResult> {
  return playSipp({ scenario: scenario(...steps), ...(await place(transport)) });
}

async function place(transport: Transport): Promise<Omit<SippRun, "scenario">> {
  return { server: `127.0.0.1:${server.ports.sip}`, transport, localPort: await freePort() };
}

/** A sipp that has registered, and answers every message until it is stopped. */
async function startDevice(name: string, transport: Transport): Promise<Sipp> {
  const registered = authenticated(registering(name), { status: 200 });
  const device = new Sipp({
    scenario: scenario(...registered, pause(30_000)),
    outOfCall: scenario(serve("MESSAGE", "200 OK")),
    ...(await place(transport)),
  });
  await device.waitFor(/SIP\/2\.0 200 OK\r?\n(?:[^\r\n]+\r?\n)*CSeq: 2 REGISTER/);
  return device;
}

/** Empties the bindings that a test has left. */
const forget = (name: string) =>
  play("udp", ...authenticated(registering(name, "Contact: *", "Expires: 0"), { status: 200 }));

const arrivals = (device: Sipp, text: string): number => {
  const received = device.messages.split(/^-{20,}.*$/m).filter((part) => /message received/.test(part));
  return received.filter((part) => part.includes("\nMESSAGE ") && part.includes(text)).length;
};

describe.each(["udp", "tcp"] as const)("sipp over %s", (transport) => {
  it("GEN-31 SC-01 registers with digest, is told its binding, and removes it with Contact: *", async () => {
    const registered = { status: 200, matches: ["Contact: <sip:alice@127.0.0.1:.*expires=600"] };
    await play(transport, ...authenticated(registering("alice"), registered));
    const removed = await play(
      transport,
      ...authenticated(registering("alice", "Contact: *", "Expires: 0"), { status: 200 }),
    );
    expect(removed.messages.split("SIP/2.0 200").at(-1)).not.toContain("Contact:");
  });

  it("GEN-33 is asked again after a wrong password, and an unknown user is asked the same way", async () => {
    await play(transport, ...authenticated(registering("alice"), { status: 401 }, "not this one"));
    await play(transport, ...authenticated(registering("nobody-of-that-name"), { status: 401 }));
  });

  it("GEN-23 SC-01 is refused a registration that is too brief, and told what is not", async () => {
    const brief = registering("alice", contact("alice"), "Expires: 5");
    await play(transport, ...authenticated(brief, { status: 423, matches: ["Min-Expires: 60"] }));
  });

  it("GEN-22 is refused Contact: * that does not remove, or does not stand alone", async () => {
    await play(
      transport,
      ...authenticated(registering("alice", "Contact: *", "Expires: 60"), { status: 400 }),
    );
    const both = registering("alice", "Contact: *", contact("alice"), "Expires: 0");
    await play(transport, ...authenticated(both, { status: 400 }));
  });

  it("PF-40 PF-54 delivers to a sipp that is online: 200, and the body as it was", async () => {
    const bob = await startDevice("bob", transport);
    try {
      const text = `online by ${transport}`;
      const sent = await play(transport, ...authenticated(message("alice", "bob", text), { status: 200 }));
      expect(sent.messages.split("SIP/2.0 200").at(-1)).not.toContain("Contact:");
      await bob.waitFor(new RegExp(`MESSAGE sip:bob@[^]*${text}`));
      expect(arrivals(bob, text)).toBe(1);
    } finally {
      await bob.stop();
      await forget("bob");
    }
  });

  it("DF-02 DF-04 PF-44 keeps a message for a sipp that is not there: 202, pushed when it registers", async () => {
    const texts = [1, 2, 3].map((number) => `kept ${number} by ${transport}`);
    for (const text of texts) {
      await play(transport, ...authenticated(message("alice", "carol", text), { status: 202 }));
    }
    const carol = await startDevice("carol", transport);
    try {
      await carol.waitFor(new RegExp(texts.join("[^]*")));
      expect(texts.map((text) => arrivals(carol, text))).toEqual([1, 1, 1]);
    } finally {
      await carol.stop();
      await forget("carol");
    }
  });

  it("PF-24 says 404 for a user who does not exist", async () => {
    await play(transport, ...authenticated(message("alice", "nobody-of-that-name", "?"), { status: 404 }));
  });

  it("GEN-04 says 420 with Unsupported to an extension that it does not have", async () => {
    const demanding = message("alice", "bob", "?", { headers: ["Require: foo"] });
    await play(transport, ...authenticated(demanding, { status: 420, matches: ["Unsupported: foo"] }));
  });

  it("GEN-03 says 483 when no hop is left", async () => {
    await play(transport, send(message("alice", "bob", "?", { maxForwards: 0 })), receive({ status: 483 }));
  });

  it("GEN-04 says 416 to a scheme that nobody has", async () => {
    const strange = message("alice", "bob", "?", { uri: "gopher:bob", to: aor("bob") });
    await play(transport, send(strange), receive({ status: 416 }));
  });

  it("GEN-20 answers OPTIONS with what it can do", async () => {
    const options = { method: "OPTIONS", uri: `sip:${domain}`, from: aor("alice") };
    const matches = ["Allow:.*MESSAGE", "Accept:.*message/cpim", "Supported: "];
    await play(transport, send(options), receive({ status: 200, matches }));
  });

  it.each([
    ["whose CSeq names another method", { cseqMethod: "INVITE" }],
    ["without CSeq", { without: ["CSeq"] }],
    ["without To", { without: ["To"] }],
    ["whose Max-Forwards is no number", { maxForwards: "many" }],
    ["whose Request-URI cannot be read", { uri: `sip:bob@${domain}:port`, to: aor("bob") }],
  ])("says 400 to a message %s", async (_, wrong) => {
    const steps = [send(message("alice", "bob", "?", wrong), 0), receive({ status: 400 })];
    const sipp = new Sipp({ scenario: scenario(...steps), ...(await place(transport)) });
    await sipp.waitFor(/message received[^]*^SIP\/2\.0 400 /m);
    await sipp.stop();
  });
});

describe("sipp over udp alone", () => {
  it("RFC 3261 §18.3 says 400 to a message that is shorter than its Content-Length", async () => {
    const short = message("alice", "bob", "?", { contentLength: 500 });
    await play("udp", send(short, 0), receive({ status: 400 }));
  });

  it("GEN-19 delivers a message that is retransmitted once, and answers each time the same", async () => {
    const bob = await startDevice("bob", "udp");
    try {
      const text = "said three times";
      const request = message("alice", "bob", text, { branch: "z9hG4bK-again-[pid]" });
      const again = send(
        withCredentials({ ...request, headers: [isSipp, ...(request.headers ?? [])] }, "alice"),
        0,
      );
      const steps = [...authenticated(request, { status: 200 }), again, again, pause(30_000)];
      const sipp = new Sipp({ scenario: scenario(...steps), ...(await place("udp")) });
      await sipp.waitFor(/(message received \[[^]*^SIP\/2\.0 200 OK[^]*){3}/m);
      await sipp.stop();
      expect(arrivals(bob, text)).toBe(1);
      const answers = [...sipp.messages.matchAll(/message received \[.*\s+(SIP\/2\.0 200 [^]*?\n\r?\n)/g)];
      expect(new Set(answers.map(([, answer]) => answer)).size).toBe(1);
      expect(answers).toHaveLength(3);
    } finally {
      await bob.stop();
      await forget("bob");
    }
  });

  it("PF-22 says 513 to a message of more than 1300 octets, and takes it over TCP", async () => {
    const large = message("alice", "carol", "x".repeat(1_301));
    await play(
      "udp",
      ...authenticated(large, { status: 513, matches: ["Warning: 399 .*133 Size exceeded"] }),
    );
    await play("tcp", ...authenticated(large, { status: 202 }));
  });
});
