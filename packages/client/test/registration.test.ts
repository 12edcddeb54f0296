import { describe, expect, it } from "@jest/globals";
import { createChallenge, ha1Of, parseCredentials, type SipRequest, verifyDigest } from "@heliograph/sip";
import { answers, digester, given, type Script, settle } from "./given-client.js";

const challenge = (nonce: string, stale = false) =>
  createChallenge({
    realm: "example.org",
    nonce,
    algorithm: "SHA-256",
    qop: "auth",
    ...(stale && { stale }),
  });
const registered = answers(200, [["Contact", "<sip:bob@127.0.0.1:5070>;expires=100"]]);

function proves(request: SipRequest | undefined, password: string): boolean {
  const parsed = parseCredentials(request?.headers.get("Authorization") ?? "");
  if (!parsed.ok || !request) return false;
  const ha1 = ha1Of({ username: "bob", realm: "example.org", password, algorithm: "SHA-256", digester });
  return verifyDigest({ credentials: parsed.value.params, method: request.method, ha1, digester });
}

const ncOf = (request: SipRequest | undefined): string | undefined =>
  /nc=(\w+)/.exec(request?.headers.get("Authorization") ?? "")?.[1];

describe("CL-01 RFC 3261 §10.2 registering", () => {
  it("names the user, the device and how long", async () => {
    const { client, stack } = given();
    stack.script = [registered];
    expect(await client.register()).toEqual({ kind: "registered", expiresS: 100 });
    const [request] = stack.sent;
    expect(stack.isStarted).toBe(true);
    expect(request?.requestUri).toBe("sip:example.org");
    expect(request?.headers.get("To")).toBe("<sip:bob@example.org>");
    expect(request?.headers.get("Contact")).toBe("<sip:bob@127.0.0.1:5070>");
    expect(request?.headers.get("Expires")).toBe("600");
  });

  it("MUST keep the Call-ID and count CSeq up; refreshes after four fifths of the time", async () => {
    const { client, stack, clock } = given();
    stack.script = [registered];
    await client.register();
    clock.advance(79_000);
    expect(stack.sent).toHaveLength(1);
    clock.advance(1_000);
    await settle();
    expect(stack.sent.map(({ cseq }) => cseq.number)).toEqual([1, 2]);
    expect(new Set(stack.sent.map(({ callId }) => callId)).size).toBe(1);
  });

  it("asks for longer after a 423, and goes on asking for that", async () => {
    const { client, stack, clock } = given();
    stack.script = [answers(423, [["Min-Expires", "900"]]), answers(200, [["Expires", "900"]])];
    expect(await client.register()).toEqual({ kind: "registered", expiresS: 900 });
    clock.advance(720_000);
    await settle();
    expect(stack.sent.map(({ headers }) => headers.get("Expires"))).toEqual(["600", "900", "900"]);
  });

  it("tries again, later each time, when the service fails or is away", async () => {
    const { client, stack, clock } = given();
    stack.script = [
      answers(503),
      () => ({ kind: "unreachable", reason: "gone" }),
      () => ({ kind: "silent" }),
    ];
    expect(await client.register()).toMatchObject({ kind: "refused", status: 503 });
    for (const afterMs of [2_000, 4_000]) {
      clock.advance(afterMs);
      await settle();
    }
    expect(stack.sent).toHaveLength(3);
    clock.advance(7_000);
    await settle();
    expect(stack.sent).toHaveLength(3);
  });

  it("does not repeat what was refused for good", async () => {
    const { client, stack, clock } = given();
    stack.script = [answers(403)];
    expect(await client.register()).toEqual({ kind: "refused", status: 403, reason: "Forbidden" });
    clock.advance(3_600_000);
    await settle();
    expect(stack.sent).toHaveLength(1);
  });

  it("says why nobody was reached", async () => {
    const { client, stack } = given();
    stack.script = [() => ({ kind: "silent" })];
    expect(await client.register()).toEqual({ kind: "unreachable", reason: "the server does not answer" });
  });

  it("CL-03 removes its binding when it closes, and leaves it when the device drops off", async () => {
    const first = given();
    await first.client.register();
    await first.client.close();
    expect(first.stack.sent.at(-1)?.headers.get("Expires")).toBe("0");
    expect(first.stack.isStopped).toBe(true);
    const second = given();
    await second.client.register();
    await second.client.dropOff();
    second.clock.advance(3_600_000);
    expect(second.stack.sent).toHaveLength(1);
    expect(second.stack.isStopped).toBe(true);
  });
});

describe("CL-02 RFC 3261 §22.2 credentials", () => {
  it("proves the password in a second request, with the next CSeq", async () => {
    const { client, stack } = given({ password: "secret" });
    stack.script = [answers(401, [["WWW-Authenticate", challenge("n1")]]), registered];
    expect(await client.register()).toMatchObject({ kind: "registered" });
    expect(stack.sent.map(({ cseq }) => cseq.number)).toEqual([1, 2]);
    expect(stack.sent[0]?.headers.has("Authorization")).toBe(false);
    expect(proves(stack.sent[1], "secret")).toBe(true);
  });

  it("shows them unasked from then on, and counts: most requests need one round trip", async () => {
    const { client, stack } = given({ password: "secret" });
    stack.script = [answers(401, [["WWW-Authenticate", challenge("n1")]]), registered];
    await client.register();
    await client.register();
    expect(stack.sent).toHaveLength(3);
    expect(stack.sent.slice(1).map(ncOf)).toEqual(["00000001", "00000002"]);
  });

  it("takes a new nonce when the old one is stale", async () => {
    const { client, stack } = given({ password: "secret" });
    const stale: Script = answers(401, [["WWW-Authenticate", challenge("n2", true)]]);
    stack.script = [answers(401, [["WWW-Authenticate", challenge("n1")]]), stale, registered];
    expect(await client.register()).toMatchObject({ kind: "registered" });
    expect(stack.sent[2]?.headers.get("Authorization")).toContain('nonce="n2"');
  });

  it("SHOULD NOT try a password again that was refused", async () => {
    const { client, stack } = given({ password: "wrong" });
    stack.script = [answers(401, [["WWW-Authenticate", challenge("n1")]])];
    expect(await client.register()).toMatchObject({ kind: "refused", status: 401 });
    expect(stack.sent).toHaveLength(2);
  });

  it("answers 407 in Proxy-Authorization, and nothing where it has no password or knows no algorithm", async () => {
    const { client, stack } = given({ password: "secret" });
    stack.script = [answers(407, [["Proxy-Authenticate", challenge("n1")]]), answers(200)];
    await client.sendText("sip:alice@example.org", "hi");
    expect(stack.sent[1]?.headers.has("Proxy-Authorization")).toBe(true);
    const without = given();
    without.stack.script = [answers(401, [["WWW-Authenticate", challenge("n1")]])];
    expect(await without.client.register()).toMatchObject({ kind: "refused", status: 401 });
    expect(without.stack.sent).toHaveLength(1);
  });
});
