import { describe, expect, it } from "@jest/globals";
import { alice, flowFrom, given, type Parts, request } from "./given.js";

const core = flowFrom("203.0.113.1", "tcp");
const register = (parts: Parts = {}) =>
  request("REGISTER", {
    uri: "sip:example.com",
    to: "<sip:alice@example.com>",
    more: ["Contact: <sip:alice@192.0.2.10:5062>"],
    ...parts,
  });

describe("SC-01 GEN-21 REGISTER at the door", () => {
  it("goes to the registrar as it was read", async () => {
    const { receive, asked } = await given();
    const more = [
      'Contact: "A, B" <sip:alice@192.0.2.10>;reg-id=1, <sip:alice@192.0.2.11>',
      "Path: <sip:p1.example.net;lr>, <sip:p2.example.net;lr>",
      "Supported: path, outbound",
      "Require: path",
      "Authorization: Digest x",
      "Expires: 600",
    ];
    await receive(register({ more, cseq: 9 }), flowFrom("192.0.2.10", "tcp"));
    expect(asked).toEqual([
      {
        subject: "register",
        input: {
          requestUri: "sip:example.com",
          to: "<sip:alice@example.com>",
          from: "Alice <sip:alice@example.com>;tag=a1",
          callId: expect.any(String),
          cseq: 9,
          contacts: ['"A, B" <sip:alice@192.0.2.10>;reg-id=1', "<sip:alice@192.0.2.11>"],
          expires: "600",
          path: ["<sip:p1.example.net;lr>", "<sip:p2.example.net;lr>"],
          supported: ["path", "outbound"],
          require: ["path"],
          authorization: ["Digest x"],
          method: "REGISTER",
          asserted: "nobody",
          node: "n1",
          flowId: "tcp,192.0.2.10,5062",
          transport: "tcp",
          source: { address: "192.0.2.10", port: 5062 },
          firstHop: true,
        },
      },
    ]);
  });

  it("is answered 200 with the registrar's header fields", async () => {
    const headers: [string, string][] = [
      ["Contact", "<sip:alice@192.0.2.10:5062>;expires=600"],
      ["Service-Route", "<sip:example.com;lr>"],
    ];
    const { receive } = await given(
      {},
      { register: () => ({ kind: "registered", identity: alice, headers }) },
    );
    const answer = await receive(register());
    expect(answer?.status).toBe(200);
    expect(answer?.headers.get("Service-Route")).toBe("<sip:example.com;lr>");
    expect(answer?.to.params.has("tag")).toBe(true);
  });

  it("GEN-32 is challenged with 401, a WWW-Authenticate for each algorithm in the registrar's order", async () => {
    const challenges = ["Digest algorithm=SHA-256", "Digest algorithm=MD5"];
    const { receive } = await given({}, { register: () => ({ kind: "challenge", challenges }) });
    const answer = await receive(register());
    expect(answer?.status).toBe(401);
    expect(answer?.headers.all("WWW-Authenticate")).toEqual(challenges);
  });

  it("GEN-23 is refused as the registrar says", async () => {
    const refused = {
      kind: "refused" as const,
      status: 423,
      reason: "Interval Too Brief",
      headers: [["Min-Expires", "60"] as [string, string]],
    };
    const { receive } = await given({}, { register: () => refused });
    expect((await receive(register()))?.headers.get("Min-Expires")).toBe("60");
  });

  it("GEN-27 is not from the first hop when a proxy has added its Via", async () => {
    const { receive, asked } = await given();
    await receive(register({ via: ["SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKx"] }));
    expect(asked.at(-1)?.input).toMatchObject({ firstHop: false });
  });

  it("is answered although no hop is left: it goes no further", async () => {
    const { receive } = await given();
    expect((await receive(register({ maxForwards: "0" })))?.status).toBe(200);
  });

  it.each([
    ["mailto:alice@example.com", [], "", 416],
    ["tel:+15551", [], "", 416],
    ["sip:example.com", ["Proxy-Require: novel"], "", 420],
    ["sip:example.com", ["Content-Type: application/novel"], "x", 415],
    [
      "sip:example.com",
      ["Content-Type: application/novel", "Content-Disposition: x;handling=optional"],
      "x",
      200,
    ],
    ["sip:example.com", [], "x", 400],
  ])("GEN-04 GEN-47 %s with %j is answered %i", async (uri, more, body, status) => {
    const { receive } = await given();
    expect((await receive(register({ uri, more, body })))?.status).toBe(status);
  });
});

describe("SC-05 third-party REGISTER", () => {
  const behindCore = { TRUSTED_CORES: "203.0.113.1" };
  const thirdParty = (more: readonly string[] = [], body = "") =>
    register({
      from: "<sip:scscf.example.com>;tag=s",
      more: ["Contact: <sip:scscf.example.com;lr>", ...more],
      body,
    });

  it("of a trusted core is not to be challenged, and may carry the user's own REGISTER", async () => {
    const { receive, asked } = await given(behindCore);
    const answer = await receive(
      thirdParty(["Content-Type: message/sip"], "REGISTER sip:example.com SIP/2.0"),
      core,
    );
    expect(answer?.status).toBe(200);
    expect(asked.at(-1)?.input).toMatchObject({ asserted: "core" });
  });

  it("vouches for nobody on the core's connection, and does not end with it", async () => {
    const { receive, asked, stack, settle } = await given(behindCore);
    await receive(thirdParty(), core);
    stack.close(core);
    await settle();
    expect(asked.map(({ subject }) => subject)).toEqual(["register"]);
  });

  it("of anybody else is like any other", async () => {
    const { receive, asked } = await given(behindCore);
    await receive(thirdParty(), flowFrom("203.0.113.2", "tcp"));
    expect(asked.at(-1)?.input).toMatchObject({ asserted: "nobody" });
  });

  it("GEN-06 a user's own REGISTER that a core passes on proves itself", async () => {
    const { receive, asked } = await given(behindCore);
    await receive(register({ from: "<sip:alice@example.com>;tag=x" }), core);
    expect(asked.at(-1)?.input).toMatchObject({ asserted: "nobody" });
  });
});

describe("GEN-30 SC-15 a flow that closes", () => {
  it("takes the bindings of its users with it", async () => {
    const { receive, asked, stack, settle } = await given();
    const flow = flowFrom("192.0.2.10", "tcp");
    await receive(register(), flow);
    stack.close(flow);
    await settle();
    expect(asked.at(-1)).toEqual({
      subject: "close-flow",
      input: { node: "n1", flowId: flow.id, aors: ["sip:alice@example.com"] },
    });
  });

  it("GEN-30 takes them when ICMP ends a UDP flow too", async () => {
    const { receive, asked, stack, settle } = await given();
    await receive(register());
    stack.close(flowFrom());
    await settle();
    expect(asked.at(-1)?.subject).toBe("close-flow");
  });

  it("is nobody's business when nobody is registered over it", async () => {
    const { receive, asked, stack, settle } = await given(
      {},
      { register: () => ({ kind: "registered", identity: alice, headers: [] }) },
    );
    const flow = flowFrom("192.0.2.10", "tcp");
    await receive(register({ more: ["Contact: *", "Expires: 0"] }), flow);
    stack.close(flow);
    await settle();
    expect(asked.map(({ subject }) => subject)).toEqual(["register"]);
  });
});
