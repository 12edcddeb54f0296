import { describe, expect, it } from "@jest/globals";
import type { PagerMessage, Submission } from "@heliograph/contracts";
import { credentials, flowFrom, given, message, registered, request } from "./given.js";

const core = flowFrom("203.0.113.1");
const behindCore = { TRUSTED_CORES: "203.0.113.0/24" };
const pai = (uri: string) => `P-Asserted-Identity: ${uri}`;

describe("PF-01 PF-02 PF-05 MESSAGE at the door", () => {
  it("of an authenticated user goes to the originating side", async () => {
    const { receive, messages, lastMessage } = await given();
    const answer = await receive(message({ more: [credentials] }));
    expect(answer?.status).toBe(200);
    expect(messages().map(({ subject }) => subject)).toEqual(["originate"]);
    expect(lastMessage()).toMatchObject({
      requestUri: "sip:bob@example.com",
      recipient: "sip:bob@example.com",
      sender: { kind: "local", aor: "sip:alice@example.com" },
      from: "Alice <sip:alice@example.com>;tag=a1",
      to: "<sip:bob@example.com>",
      cseq: 1,
      maxForwards: 70,
      contentType: "text/plain",
      transport: "udp",
    });
    expect(new TextDecoder().decode(lastMessage().body)).toBe("hello");
  });

  it("is timed until its final answer, whatever that is", async () => {
    const { receive, metrics } = await given();
    await receive(message());
    await receive(message({ more: [credentials] }));
    expect(metrics.text()).toContain("heliograph_sip_edge_message_answer_ms_count 2");
  });

  it("of a stranger to one of our users goes to the terminating side", async () => {
    const { receive, messages, lastMessage } = await given();
    await receive(message({ from: "<sip:eve@elsewhere.net>;tag=e" }));
    expect(messages().map(({ subject }) => subject)).toEqual(["terminate"]);
    expect(lastMessage().sender).toEqual({ kind: "claimed", aor: "sip:eve@elsewhere.net", asserted: [] });
  });

  it("PF-02 follows sescase of a trusted P-Served-User", async () => {
    const { receive, messages, lastMessage } = await given(behindCore);
    const served = (session: string) =>
      `P-Served-User: <sip:carol@example.com>;sescase=${session};regstate=reg`;
    await receive(
      message({ more: [served("term"), pai("<sip:dan@far.net>")], uri: "sip:x@192.0.2.99" }),
      core,
    );
    expect(messages().at(-1)?.subject).toBe("terminate");
    expect(lastMessage()).toMatchObject({
      recipient: "sip:carol@example.com",
      sender: { kind: "trusted", aor: "sip:dan@far.net" },
    });
    await receive(message({ more: [served("orig"), pai("<sip:other@example.com>")] }), core);
    expect(messages().at(-1)?.subject).toBe("originate");
    expect(lastMessage().sender).toMatchObject({ kind: "local", aor: "sip:carol@example.com" });
  });

  it("SC-03 SC-04 takes a core's terminating trigger for a user who is not registered", async () => {
    const { receive, messages, lastMessage } = await given(behindCore);
    const more = [
      "P-Served-User: <sip:bob@example.com>;sescase=term;regstate=unreg",
      pai("<sip:alice@example.com>"),
    ];
    expect((await receive(message({ more }), core))?.status).toBe(200);
    expect(messages().at(-1)?.subject).toBe("terminate");
    expect(lastMessage()).toMatchObject({ recipient: "sip:bob@example.com", sender: { kind: "local" } });
  });

  it("PF-02 takes a trusted P-Called-Party-ID for the recipient", async () => {
    const { receive, lastMessage } = await given(behindCore);
    const more = [pai("<sip:dan@far.net>"), "P-Called-Party-ID: <sip:bob@example.com>"];
    await receive(message({ more, uri: "sip:bob@192.0.2.20:5070" }), core);
    expect(lastMessage().recipient).toBe("sip:bob@example.com");
  });

  it("PF-02 ignores P-Served-User of anybody else", async () => {
    const { receive, messages } = await given();
    const answer = await receive(message({ more: ["P-Served-User: <sip:alice@example.com>;sescase=orig"] }));
    expect(answer?.status).toBe(407);
    expect(messages()).toEqual([]);
  });

  it("PF-54 is answered without body and without Contact, also with 202", async () => {
    const { receive } = await given({}, { originate: () => ({ kind: "accepted", status: 202 }) });
    const answer = await receive(message({ more: [credentials, "Contact: <sip:alice@192.0.2.10>"] }));
    expect(answer?.status).toBe(202);
    expect(answer?.headers.has("Contact")).toBe(false);
    expect(answer?.body.length).toBe(0);
  });

  it("PF-15 keeps end-to-end fields verbatim and in order, and takes out what belongs to the hop", async () => {
    const { receive, lastMessage } = await given();
    const more = [
      "s: short form",
      "X-Unknown:  two  spaces",
      "Contribution-ID: abc",
      "Record-Route: <sip:p.example.net;lr>",
      credentials,
      "Expires: 60",
      "Contact: <sip:alice@192.0.2.10>",
      "P-Preferred-Identity: <sip:ally@example.com>",
      "Conversation-ID: def",
    ];
    await receive(message({ more }));
    expect(lastMessage().headers.filter(([name]) => name !== "P-Charging-Vector")).toEqual([
      ["Subject", "short form"],
      ["X-Unknown", "two  spaces"],
      ["Contribution-ID", "abc"],
      ["Expires", "60"],
      ["Conversation-ID", "def"],
    ]);
  });

  it("GEN-09 PF-46 writes compact names out, for those who look for a field by its name", async () => {
    const { receive, lastMessage } = await given();
    const more = [
      credentials,
      "a: *;+g.oma.sip-im",
      "J: *;automata",
      "e: deflate",
      "b: <sip:carol@example.com>",
    ];
    await receive(message({ more }));
    expect(lastMessage().headers.filter(([name]) => name !== "P-Charging-Vector")).toEqual([
      ["Accept-Contact", "*;+g.oma.sip-im"],
      ["Reject-Contact", "*;automata"],
      ["Content-Encoding", "deflate"],
      ["Referred-By", "<sip:carol@example.com>"],
    ]);
  });

  it("PF-23 tells the size of the whole request without the credentials that end here", async () => {
    const { receive, lastMessage } = await given();
    const text = message({ more: ["Subject: größe"] });
    await receive(text.replace("Content-Length", `${credentials}\r\nContent-Length`));
    expect(lastMessage().sizeBytes).toBe(new TextEncoder().encode(text).length);
  });
});

describe("GEN-31 GEN-33 Digest at the door", () => {
  it("asks with 407 and Proxy-Authenticate for proof of a From in our domain", async () => {
    const { receive, messages } = await given();
    const answer = await receive(message());
    expect(answer?.status).toBe(407);
    expect(answer?.headers.get("Proxy-Authenticate")).toMatch(/^Digest realm="example.com"/);
    expect(messages()).toEqual([]);
  });

  it("takes Authorization as well as Proxy-Authorization", async () => {
    const { receive } = await given();
    expect((await receive(message({ more: [credentials.replace("Proxy-", "")] })))?.status).toBe(200);
  });

  it("gives an empty Authorization to the registrar, which challenges", async () => {
    const { receive, asked } = await given(
      {},
      { authenticate: () => ({ kind: "challenge", challenges: ["Digest x"] }) },
    );
    expect((await receive(message({ more: ["Authorization:"] })))?.status).toBe(407);
    expect(asked.at(-1)?.input).toMatchObject({
      method: "MESSAGE",
      domain: "example.com",
      credentials: [""],
    });
  });

  it("refuses with 403 a From that is not the authenticated user's", async () => {
    const { receive, messages } = await given();
    const answer = await receive(message({ from: "<sip:bob@example.com>;tag=x", more: [credentials] }));
    expect([answer?.status, answer?.reason]).toEqual([
      403,
      "From Is Not An Address Of The Authenticated User",
    ]);
    expect(messages()).toEqual([]);
  });

  it("passes on a refusal of the registrar", async () => {
    const refused = { kind: "refused" as const, status: 403, reason: "Barred", headers: [] };
    const { receive } = await given({}, { authenticate: () => refused });
    expect(await receive(message({ more: [credentials] }))).toMatchObject({ status: 403, reason: "Barred" });
  });

  it("GEN-33 does not consume credentials for another realm", async () => {
    const { receive, lastMessage } = await given();
    const foreign = 'Digest username="a", realm="far.net", nonce="m", uri="sip:b@far.net", response="s"';
    await receive(message({ more: [credentials, `Proxy-Authorization: ${foreign}`] }));
    expect(lastMessage().headers).toContainEqual(["Proxy-Authorization", foreign]);
    expect(lastMessage().headers.filter(([name]) => name === "Proxy-Authorization")).toHaveLength(1);
  });
});

describe("GEN-06 a registration vouches for its connection", () => {
  it("spares the user the proof on the same connection", async () => {
    const edge = await given();
    const flow = await registered(edge);
    expect((await edge.receive(message(), flow))?.status).toBe(200);
    expect(edge.asked.map(({ subject }) => subject)).toEqual(["register", "originate"]);
  });

  it("does not vouch for another user, nor on another connection", async () => {
    const edge = await given();
    const flow = await registered(edge);
    expect((await edge.receive(message({ from: "<sip:bob@example.com>;tag=b" }), flow))?.status).toBe(407);
    expect((await edge.receive(message(), flowFrom("192.0.2.10", "tcp", 5999)))?.status).toBe(407);
  });

  it("does not vouch behind a proxy, whose connection many users share", async () => {
    const edge = await given();
    const flow = flowFrom("192.0.2.10", "tcp");
    const via = ["SIP/2.0/UDP 10.0.0.7:5060;branch=z9hG4bKproxied"];
    await edge.receive(
      request("REGISTER", { uri: "sip:example.com", to: "<sip:alice@example.com>", via }),
      flow,
    );
    expect((await edge.receive(message({ via }), flow))?.status).toBe(407);
    expect((await edge.receive(message(), flow))?.status).toBe(407);
    const direct = await registered(edge);
    expect((await edge.receive(message({ via }), direct))?.status).toBe(407);
  });

  it("does not vouch over UDP, whose source can be forged", async () => {
    const { receive } = await given();
    await receive(request("REGISTER", { uri: "sip:example.com", to: "<sip:alice@example.com>" }));
    expect((await receive(message()))?.status).toBe(407);
  });

  it("ends with the registration, with the connection and when the account changes", async () => {
    const edge = await given();
    const flow = await registered(edge);
    edge.clock.advance(3_600_001);
    expect((await edge.receive(message(), flow))?.status).toBe(407);
    const again = await registered(edge);
    edge.stack.close(again);
    expect((await edge.receive(message(), again))?.status).toBe(407);
  });
});

describe("GEN-06 GEN-07 SC-08 asserted identities", () => {
  it("of an untrusted source have no influence and go no further", async () => {
    const { receive, lastMessage, metrics } = await given();
    const spoofed = pai("<sip:boss@example.com>");
    expect((await receive(message({ more: [spoofed] })))?.status).toBe(407);
    await receive(message({ more: [spoofed, credentials] }));
    expect(lastMessage().sender.asserted).toEqual(["<sip:alice@example.com>", "<tel:+15551>"]);
    expect(lastMessage().headers.map(([name]) => name)).not.toContain("P-Asserted-Identity");
    expect(metrics.text()).toContain("heliograph_sip_edge_untrusted_identities_total 2");
  });

  it("of a trusted core make the sender: one sip and one tel value, others ignored", async () => {
    const { receive, lastMessage } = await given(behindCore);
    const values = "<mailto:x@y>, <sip:zoe@example.com>, <tel:+1-555-1>, <sips:other@example.com>, <tel:+2>";
    await receive(message({ from: "<sip:anything@nowhere>;tag=1", more: [pai(values)] }), core);
    expect(lastMessage().sender).toEqual({
      kind: "local",
      aor: "sip:zoe@example.com",
      asserted: ["<sip:zoe@example.com>", "<tel:+1-555-1>"],
    });
  });

  it("P-Preferred-Identity is a hint among the user's identities and goes no further", async () => {
    const { receive, lastMessage } = await given();
    await receive(message({ more: [credentials, "P-Preferred-Identity: <sip:ally@example.com>"] }));
    expect(lastMessage().sender).toMatchObject({
      aor: "sip:alice@example.com",
      asserted: ["<sip:ally@example.com>", "<tel:+15551>"],
    });
    await receive(message({ more: [credentials, "P-Preferred-Identity: <sip:stranger@example.com>"] }));
    expect(lastMessage().sender.asserted[0]).toBe("<sip:alice@example.com>");
  });

  it("an anonymous user proves who it is all the same", async () => {
    const { receive, lastMessage } = await given();
    const from = '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1';
    const more = ["Privacy: id", "P-Preferred-Identity: <sip:alice@example.com>"];
    expect((await receive(message({ from, more })))?.status).toBe(407);
    await receive(message({ from, more: [...more, credentials] }));
    expect(lastMessage()).toMatchObject({
      sender: { kind: "local", aor: "sip:alice@example.com" },
      privacy: ["id"],
    });
  });
});

describe("SC-08 other networks", () => {
  const neighbours = {
    NEIGHBOURS:
      "near.net=sip:192.0.2.50:5080;address=192.0.2.50;address=192.0.2.51,dear.net=sip:192.0.2.60;trusted",
  };

  it("a neighbour's users may write to ours from the neighbour's address", async () => {
    const { receive, lastMessage } = await given(neighbours);
    await receive(
      message({ from: "<sip:nia@near.net>;tag=n", more: [pai("<sip:boss@near.net>")] }),
      flowFrom("192.0.2.51"),
    );
    expect(lastMessage().sender).toEqual({ kind: "claimed", aor: "sip:nia@near.net", asserted: [] });
  });

  it("a trusted neighbour asserts its own users and nobody else", async () => {
    const { receive, lastMessage } = await given(neighbours);
    await receive(
      message({ from: "<sip:d@dear.net>;tag=d", more: [pai("<sip:dora@dear.net>")] }),
      flowFrom("192.0.2.60"),
    );
    expect(lastMessage().sender).toEqual({
      kind: "trusted",
      aor: "sip:dora@dear.net",
      asserted: ["<sip:dora@dear.net>"],
    });
    const forged = message({ from: "<sip:alice@example.com>;tag=d", more: [pai("<sip:alice@example.com>")] });
    expect((await receive(forged, flowFrom("192.0.2.60")))?.status).toBe(407);
  });

  it("a neighbour's domain from another address is refused", async () => {
    const { receive } = await given(neighbours);
    expect(
      (await receive(message({ from: "<sip:nia@near.net>;tag=n" }), flowFrom("192.0.2.99")))?.status,
    ).toBe(403);
  });

  it.each([
    ["a stranger", {}, flowFrom("192.0.2.99"), "<sip:eve@elsewhere.net>;tag=e", []],
    ["a neighbour", neighbours, flowFrom("192.0.2.50"), "<sip:nia@near.net>;tag=n", []],
    ["a core's foreign user", behindCore, core, "<sip:f@far.net>;tag=f", [pai("<sip:f@far.net>")]],
  ])("nothing is relayed for %s to another network", async (_, env, flow, from, more) => {
    const { receive, messages } = await given(env);
    const answer = await receive(
      message({ from, more, uri: "sip:victim@third.net", to: "<sip:victim@third.net>" }),
      flow,
    );
    expect([answer?.status, answer?.reason]).toEqual([403, "No Relaying Between Other Networks"]);
    expect(messages()).toEqual([]);
  });

  it("FEDERATION=neighbours keeps strangers out", async () => {
    const { receive } = await given({ FEDERATION: "neighbours" });
    expect((await receive(message({ from: "<sip:eve@elsewhere.net>;tag=e" })))?.status).toBe(403);
  });

  it("a telephone number in From proves nothing", async () => {
    const { receive } = await given();
    expect((await receive(message({ from: "<tel:+15551>;tag=e" })))?.status).toBe(407);
  });
});

describe("GEN-05 addresses of requests", () => {
  it.each([
    ["an alias of the domain", "sip:bob@EXAMPLE.org", "sip:bob@example.com", "sip:bob@example.com"],
    ["any port in our domain", "sip:bob@example.com:7777", "sip:bob@example.com", "sip:bob@example.com"],
    ["im:", "im:bob@example.com", "sip:bob@example.com", "sip:bob@example.com"],
    ["pres:", "pres:bob@example.com", "sip:bob@example.com", "sip:bob@example.com"],
    ["sips", "sips:bob@example.com", "sips:bob@example.com", "sip:bob@example.com"],
    ["tel", "tel:+1-555-2", "tel:+1-555-2", "tel:+15552"],
    [
      "parameters and escapes",
      "sip:%62ob@example.com;user=phone",
      "sip:%62ob@example.com;user=phone",
      "sip:bob@example.com",
    ],
    ["an IPv6 domain", "sip:bob@[2001:db8::1]:5061", "sip:bob@[2001:db8::1]", "sip:bob@[2001:db8::1]"],
    ["another domain", "sip:bob@far.net:5070", "sip:bob@far.net:5070", "sip:bob@far.net:5070"],
  ])("%s: %s", async (_, uri, requestUri, recipient) => {
    const { receive, lastMessage } = await given();
    await receive(message({ uri, more: [credentials] }));
    expect(lastMessage()).toMatchObject({ requestUri, recipient });
  });

  it.each([
    ["mailto:bob@example.com", 416],
    ["sip:198.51.100.1", 404],
  ])("%s is answered %i", async (uri, status) => {
    const { receive } = await given();
    expect((await receive(message({ uri, more: [credentials] })))?.status).toBe(status);
  });

  it("our own Route on top goes; the rest is a trusted core's to say", async () => {
    const { receive, lastMessage } = await given(behindCore);
    const route = [
      "Route: <sip:edge.example.com:5060;lr>, <sip:198.51.100.1;lr>",
      "Route: <sip:scscf.example.com;lr>",
    ];
    await receive(message({ more: [...route, pai("<sip:alice@example.com>")] }), core);
    expect(lastMessage().route).toEqual(["<sip:scscf.example.com;lr>"]);
    await receive(message({ more: [...route, credentials] }));
    expect(lastMessage().route).toEqual([]);
    expect(lastMessage().headers.map(([name]) => name)).not.toContain("Route");
  });
});

describe("GEN-03 GEN-04 GEN-19 checks in their order", () => {
  it("GEN-03 answers 483 when no hop is left, and gives 70 to who does not say", async () => {
    const { receive, lastMessage } = await given();
    expect((await receive(message({ maxForwards: "0", more: [credentials] })))?.status).toBe(483);
    await receive(message({ maxForwards: undefined, more: [credentials] }));
    expect(lastMessage().maxForwards).toBe(70);
  });

  it.each([
    ["authentication goes before extensions", { more: ["Require: novel"] }, 407],
    ["an unknown Require is 420", { more: ["Require: novel, privacy, wild", credentials] }, 420],
    ["an unknown Proxy-Require is 420, before authentication", { more: ["Proxy-Require: sec-agree"] }, 420],
    [
      "extensions go before the body",
      { more: ["Require: novel", "Content-Type: nonsense", credentials] },
      420,
    ],
    ["a body of no type at all is 400", { more: ["Content-Type: nonsense", credentials] }, 400],
    ["unknown header fields are ignored", { more: ["X-Novel: 1", credentials] }, 200],
    ["Proxy-Require: privacy is understood", { more: ["Proxy-Require: privacy", credentials] }, 200],
  ])("GEN-04 %s", async (_, parts, status) => {
    const { receive } = await given();
    expect((await receive(message(parts)))?.status).toBe(status);
  });

  it("GEN-04 names what is unsupported", async () => {
    const { receive } = await given();
    const answer = await receive(
      message({ more: ["Require: novel, privacy", "Require: wild", credentials] }),
    );
    expect(answer?.headers.get("Unsupported")).toBe("novel, wild");
  });

  it("GEN-04 a body without Content-Type is 400", async () => {
    const { receive } = await given();
    expect(await receive(request("MESSAGE", { body: "hi", more: [credentials] }))).toMatchObject({
      status: 400,
      reason: "Content-Type Missing",
    });
  });

  it("GEN-19 GEN-03 answers 482 to a request that is open already, and lets a spiral pass", async () => {
    let release: (submission: Submission) => void = () => undefined;
    const waits = () => new Promise<Submission>((resolve) => (release = resolve));
    const { receive, settle, messages } = await given({}, { originate: waits });
    const parts = { callId: "one", more: [credentials] };
    expect(await receive(message(parts))).toBeUndefined();
    expect(await receive(message(parts))).toMatchObject({ status: 482, reason: "Request Merged" });
    const looped = await receive(
      message({ ...parts, via: ["SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKours"] }),
    );
    expect(looped).toMatchObject({ status: 482, reason: "Loop Detected" });
    expect(await receive(message({ ...parts, uri: "sip:carol@example.com" }))).toBeUndefined();
    expect(messages()).toHaveLength(2);
    release({ kind: "accepted", status: 200 });
    await settle();
    expect(messages()).toHaveLength(2);
  });

  it("GEN-09 IM_TAG_REQUIRED turns away what is not for the service", async () => {
    const { receive } = await given({ IM_TAG_REQUIRED: "on" });
    expect((await receive(message({ more: [credentials] })))?.status).toBe(403);
    const tagged = message({ more: [credentials, "Accept-Contact: *;+g.oma.sip-im;require;explicit"] });
    expect((await receive(tagged))?.status).toBe(200);
  });

  it("GEN-08 fails what is critical and not performed", async () => {
    const { receive } = await given();
    const answer = await receive(message({ more: [credentials, "Privacy: id;levitation;critical"] }));
    expect(answer).toMatchObject({ status: 500, reason: "Privacy Failure: levitation Not Supported" });
  });
});

describe("SC-12 Resource-Priority", () => {
  const env = { RESOURCE_PRIORITIES: "ets.0", ...behindCore };
  const trusted = [pai("<sip:alice@example.com>")];

  it.each([
    ["unknown values pass untouched", ["Resource-Priority: dsn.flash", credentials], undefined, 200],
    [
      "unknown and required is 417",
      ["Resource-Priority: dsn.flash", "Require: resource-priority", credentials],
      undefined,
      417,
    ],
    ["known but not permitted is 403", ["Resource-Priority: ETS.0", credentials], undefined, 403],
    [
      "known and permitted passes",
      ["Resource-Priority: ets.0", "Require: resource-priority", ...trusted],
      core,
      200,
    ],
  ])("%s", async (_, more, flow, status) => {
    const { receive, lastMessage } = await given(env);
    expect((await receive(message({ more }), flow))?.status).toBe(status);
    if (status === 200)
      expect(lastMessage().headers).toContainEqual([
        "Resource-Priority",
        more[0]?.slice("Resource-Priority: ".length),
      ]);
  });
});

describe("GEN-16 SC-09 charging", () => {
  const vectorOf = ({ headers }: PagerMessage) =>
    headers.filter(([name]) => name.toLowerCase() === "p-charging-vector").map(([, value]) => value);

  it("stamps a request that has no trusted vector", async () => {
    const { receive, lastMessage } = await given();
    await receive(
      message({
        more: [
          credentials,
          "P-Charging-Vector: icid-value=forged",
          "P-Charging-Function-Addresses: ccf=1.2.3.4",
        ],
      }),
    );
    expect(vectorOf(lastMessage())).toEqual([
      `icid-value=${lastMessage().id};icid-generated-at=edge.example.com;orig-ioi=example.com`,
    ]);
    expect(lastMessage().headers.map(([name]) => name)).not.toContain("P-Charging-Function-Addresses");
  });

  it("keeps a core's vector and answers it with term-ioi", async () => {
    const { receive, lastMessage } = await given(behindCore);
    const more = [pai("<sip:dan@far.net>"), "P-Charging-Vector: icid-value=abc;orig-ioi=far.net"];
    const answer = await receive(message({ more }), core);
    expect(vectorOf(lastMessage())).toEqual(["icid-value=abc;orig-ioi=far.net"]);
    expect(answer?.headers.get("P-Charging-Vector")).toBe(
      "icid-value=abc;orig-ioi=far.net;term-ioi=example.com",
    );
  });

  it("tells a client nothing of it", async () => {
    const { receive } = await given();
    expect((await receive(message({ more: [credentials] })))?.headers.has("P-Charging-Vector")).toBe(false);
  });
});

describe("GEN-10 GEN-14 GEN-18 GEN-37 answers", () => {
  it("GEN-10 names the server in every answer", async () => {
    const { receive } = await given();
    expect((await receive(message()))?.headers.get("Server")).toBe("IM-serv/OMA1.0 Heliograph/0.1.0");
  });

  it("GEN-18 GEN-14 carries Warning and Retry-After of a refusal", async () => {
    const refusal: Submission = {
      kind: "refused",
      status: 403,
      reason: "Service not authorised",
      warning: { code: "127", text: "Service not authorised" },
      retryAfterS: 30,
      headers: [["Accept", "text/plain"]],
    };
    const { receive } = await given({}, { originate: () => refusal });
    const answer = await receive(message({ more: [credentials] }));
    expect(answer).toMatchObject({ status: 403, reason: "Service not authorised" });
    expect(answer?.headers.get("Warning")).toBe('399 edge.example.com "127 Service not authorised"');
    expect(answer?.headers.get("Retry-After")).toBe("30");
    expect(answer?.headers.get("Accept")).toBe("text/plain");
  });

  it("GEN-37 never answers 408", async () => {
    const { receive } = await given(
      {},
      { originate: () => ({ kind: "refused", status: 408, reason: "late" }) },
    );
    expect((await receive(message({ more: [credentials] })))?.status).toBe(480);
  });

  it("GEN-14 answers 500 when a service breaks, and 503 with Retry-After when nobody serves: never a 2xx", async () => {
    const fails = () => {
      throw new Error("database on fire");
    };
    const { receive } = await given({}, { originate: fails });
    expect((await receive(message({ more: [credentials] })))?.status).toBe(500);
    const away = await given({}, {}, { isCoreAway: true });
    const answer = await away.receive(message());
    expect([answer?.status, answer?.headers.get("Retry-After")]).toEqual([503, "5"]);
    expect(() => away.edge.health[0]?.check()).toThrow("domains");
  });

  it("GEN-14 answers 503 with Retry-After beyond what it can have in hand", async () => {
    const { receive, stack } = await given(
      { SIP_MAX_IN_HAND: "1" },
      { originate: () => new Promise<never>(() => undefined) },
    );
    await receive(message({ more: [credentials] }));
    expect(await receive(message({ more: [credentials] }))).toMatchObject({ status: 503 });
    expect(stack.state).toBe("started");
  });

  it("GEN-14 answers messages 503 with Retry-After while all of them wait in a queue, and takes them again after it", async () => {
    const gates: (() => void)[] = [];
    const { receive, settle, clock } = await given(
      {},
      { originate: () => new Promise((open) => gates.push(() => open({ kind: "accepted", status: 200 }))) },
    );
    const ask = (name: string) => receive(message({ callId: name, more: [credentials] }));
    await Promise.all(Array.from({ length: 60 }, (_, index) => ask(`waits-${index}`)));
    clock.advance(400);
    for (const open of gates.splice(0)) open();
    await settle();
    clock.advance(260);
    const shed = await ask("too-much");
    expect([shed?.status, shed?.reason, shed?.headers.get("Retry-After")]).toEqual([
      503,
      "Messages Wait Too Long",
      "5",
    ]);
    expect((await receive(request("OPTIONS", {})))?.status).not.toBe(503);
    clock.advance(1_000);
    await ask("welcome");
    expect(gates).toHaveLength(1);
  });
});
