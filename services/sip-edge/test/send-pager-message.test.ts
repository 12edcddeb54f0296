import { describe, expect, it } from "@jest/globals";
import { createResponse, type Outcome, type SipRequest, type SipResponse } from "@heliograph/sip";
import { given, leg } from "./given.js";

/** What a device answers. */
const answers =
  (status: number, headers: readonly (readonly [string, string])[] = []) =>
  (request: SipRequest): Outcome => ({
    kind: "response",
    response: createResponse(
      request.with({ headers: request.headers.prepend("Via", "SIP/2.0/UDP h;branch=z9hG4bKx") }),
      status,
      { headers },
    ),
  });
const fieldsOf = ({ headers }: SipRequest | SipResponse, ...names: string[]) =>
  headers.fields().filter(([name]) => names.includes(name));

describe("PF-54 PF-40 a leg", () => {
  it("keeps Call-ID, CSeq, From and To, counts a hop, and has no Contact", async () => {
    const { stack, send } = await given();
    stack.outcome = answers(200);
    await send(
      leg(
        { flowId: "tcp,1" },
        {
          headers: [
            ["Subject", "hi"],
            ["X-A", "1"],
          ],
        },
      ),
    );
    const [sent] = stack.sent;
    expect(sent?.target).toEqual({ kind: "flow", flowId: "tcp,1" });
    expect(sent?.timeoutMs).toBe(8_000);
    expect(sent?.request).toMatchObject({ method: "MESSAGE", requestUri: "sip:bob@192.0.2.20:5060" });
    expect(sent?.request.headers.fields()).toEqual([
      ["Max-Forwards", "69"],
      ["From", "Alice <sip:alice@example.com>;tag=a1"],
      ["To", "<sip:bob@example.com>"],
      ["Call-ID", "c1"],
      ["CSeq", "7 MESSAGE"],
      ["Subject", "hi"],
      ["X-A", "1"],
      ["Content-Type", "text/plain"],
    ]);
  });

  it("goes to its first Route, GEN-25 the Path of the binding", async () => {
    const { stack, send } = await given();
    await send(leg({ route: ["<sip:p1.example.net;lr>", "<sip:p2.example.net;lr>"] }));
    expect(stack.sent[0]?.target).toEqual({ kind: "uri", uri: "sip:p1.example.net;lr" });
    expect(stack.sent[0]?.request.headers.all("Route")).toEqual([
      "<sip:p1.example.net;lr>",
      "<sip:p2.example.net;lr>",
    ]);
  });

  it("swaps Request-URI and Route for a strict router", async () => {
    const { stack, send } = await given();
    await send(leg({ route: ["<sip:strict.example.net>", "<sip:p2.example.net;lr>"] }));
    expect(stack.sent[0]?.request.requestUri).toBe("sip:strict.example.net");
    expect(stack.sent[0]?.request.headers.all("Route")).toEqual([
      "<sip:p2.example.net;lr>",
      "<sip:bob@192.0.2.20:5060>",
    ]);
    expect(stack.sent[0]?.target).toEqual({ kind: "uri", uri: "sip:strict.example.net" });
  });

  it("goes to its Request-URI where nothing else is said", async () => {
    const { stack, send } = await given();
    await send(leg());
    expect(stack.sent[0]?.target).toEqual({ kind: "uri", uri: "sip:bob@192.0.2.20:5060" });
  });
});

describe("PF-40 PF-43 GEN-30 GEN-37 what became of a leg", () => {
  it.each<[string, Outcome | ((request: SipRequest) => Outcome), unknown]>([
    [
      "a 2xx",
      answers(200, [["Contact", "<sip:x@y>"]]),
      { kind: "answered", status: 200, reason: "OK", headers: [] },
    ],
    [
      "a refusal with what matters upstream",
      answers(415, [
        ["Accept", "text/plain"],
        ["Server", "x"],
        ["Warning", '399 h "w"'],
      ]),
      {
        kind: "answered",
        status: 415,
        reason: "Unsupported Media Type",
        headers: [
          ["Accept", "text/plain"],
          ["Warning", '399 h "w"'],
        ],
      },
    ],
    [
      "GEN-30 SC-15 a 430: the flow behind is gone",
      answers(430),
      { kind: "unreachable", reason: "flow failed" },
    ],
    ["a 408 is no answer", answers(408), { kind: "silent" }],
    ["silence", { kind: "silent" }, { kind: "silent" }],
    [
      "a flow that is gone",
      { kind: "unreachable", reason: "the flow is gone" },
      { kind: "unreachable", reason: "the flow is gone" },
    ],
  ])("%s", async (_, outcome, expected) => {
    const { stack, send, metrics } = await given();
    stack.outcome = outcome;
    expect(await send(leg())).toEqual(expected);
    expect(metrics.text()).toMatch(/heliograph_sip_edge_legs_total\{outcome="\w+"\} 1/);
  });
});

describe("GEN-06 GEN-08 GEN-16 SC-08 SC-09 what leaves the trust domain", () => {
  const secrets: [string, string][] = [
    ["P-Charging-Vector", "icid-value=1"],
    ["P-Charging-Function-Addresses", "ccf=1.2.3.4"],
    ["P-Access-Network-Info", "3GPP-UTRAN"],
    ["X-3GPP-Asserted-Identity", "x"],
    ["History-Info", "<sip:h@example.com>;index=1"],
    ["Subject", "hi"],
    ["User-Agent", "IM-client/OMA1.0"],
    ["Organization", "o"],
    ["X-Mine", "1"],
  ];
  const sentWith = async (trusted: boolean, privacy: string[], env = {}) => {
    const { stack, send } = await given(env);
    const asks: [string, string][] = privacy.length > 0 ? [["Privacy", privacy.join(";")]] : [];
    await send(leg({ trusted }, { privacy, headers: [...secrets, ...asks] }));
    const request = stack.sent[0]?.request;
    if (!request) throw new Error("nothing was sent");
    return request;
  };
  const names = (request: SipRequest) => request.headers.fields().map(([name]) => name);

  it("nothing, towards a trusted hop, which gets all of it", async () => {
    const request = await sentWith(true, ["id"]);
    expect(names(request)).toEqual(expect.arrayContaining(secrets.map(([name]) => name)));
    expect(request.headers.all("P-Asserted-Identity")).toEqual(["<sip:alice@example.com>", "<tel:+15551>"]);
    expect(request.headers.get("Privacy")).toBe("id");
    expect(request.from.raw).toBe("Alice <sip:alice@example.com>;tag=a1");
  });

  it("no asserted identity, charging or access network goes outside; what is end to end does", async () => {
    const request = await sentWith(false, []);
    for (const name of [
      "P-Asserted-Identity",
      "P-Charging-Vector",
      "P-Charging-Function-Addresses",
      "P-Access-Network-Info",
      "X-3GPP-Asserted-Identity",
    ]) {
      expect(names(request)).not.toContain(name);
    }
    expect(names(request)).toEqual(
      expect.arrayContaining(["History-Info", "Subject", "User-Agent", "X-Mine"]),
    );
  });

  it("GEN-08 the operator may let asserted identities out, as RFC 3325 recommends", async () => {
    expect((await sentWith(false, [], { ASSERT_OUTSIDE: "on" })).headers.has("P-Asserted-Identity")).toBe(
      true,
    );
  });

  it("GEN-08 Privacy: id removes every P-Asserted-Identity and the name in From; its tag stays", async () => {
    const request = await sentWith(false, ["id"], { ASSERT_OUTSIDE: "on" });
    expect(request.headers.has("P-Asserted-Identity")).toBe(false);
    expect(request.from.raw).toBe('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=a1');
    expect(request.headers.get("Privacy")).toBe("id");
    expect(names(request)).toContain("Subject");
  });

  it("GEN-08 Privacy: user removes what tells about the sender, and is not asked for again", async () => {
    const request = await sentWith(false, ["user", "critical"]);
    expect(
      fieldsOf(request, "Subject", "User-Agent", "Organization", "Privacy", "P-Asserted-Identity"),
    ).toEqual([]);
    expect(request.from.uri).toBe("sip:anonymous@anonymous.invalid");
    expect(names(request)).toContain("X-Mine");
  });

  it("GEN-08 Privacy: none removes nothing and stays", async () => {
    const request = await sentWith(false, ["none"]);
    expect(request.headers.has("P-Asserted-Identity")).toBe(true);
    expect(request.headers.get("Privacy")).toBe("none");
    expect(names(request)).toContain("History-Info");
  });

  it("GEN-08 Privacy: history hides where the message has been; unknown values pass", async () => {
    const request = await sentWith(false, ["history", "novel"]);
    expect(names(request)).not.toContain("History-Info");
    expect(request.headers.get("Privacy")).toBe("novel");
    expect(request.from.raw).toBe("Alice <sip:alice@example.com>;tag=a1");
  });
});

describe("SC-06 SC-08 SC-11 towards another network", () => {
  const neighbours = {
    NEIGHBOURS: "near.net=sip:192.0.2.50:5080;transport=tcp,dear.net=sip:192.0.2.60;trusted",
  };
  const towards = (domain: string) => leg({ requestUri: `sip:nia@${domain}`, trusted: true });

  it("goes by the route that is configured for the domain, Request-URI unchanged", async () => {
    const { stack, forward } = await given(neighbours);
    await forward(towards("near.net"));
    expect(stack.sent[0]?.target).toEqual({ kind: "uri", uri: "sip:192.0.2.50:5080;transport=tcp" });
    expect(stack.sent[0]?.request.requestUri).toBe("sip:nia@near.net");
    expect(stack.sent[0]?.request.headers.has("Route")).toBe(false);
    expect(stack.sent[0]?.request.headers.has("P-Asserted-Identity")).toBe(false);
  });

  it("GEN-06 asserts identities to a neighbour inside the trust domain only", async () => {
    const { stack, forward } = await given(neighbours);
    await forward(towards("dear.net"));
    expect(stack.sent[0]?.request.headers.has("P-Asserted-Identity")).toBe(true);
  });

  it("SC-06 else by the DNS of the domain", async () => {
    const { stack, forward } = await given(neighbours);
    await forward(towards("far.net"));
    expect(stack.sent[0]?.target).toEqual({ kind: "uri", uri: "sip:nia@far.net" });
  });

  it("follows the Route that a trusted core asked for", async () => {
    const { stack, forward } = await given(neighbours);
    await forward({ ...towards("near.net"), route: ["<sip:scscf.example.com;lr>"] });
    expect(stack.sent[0]?.target).toEqual({ kind: "uri", uri: "sip:scscf.example.com;lr" });
    expect(stack.sent[0]?.request.headers.has("P-Asserted-Identity")).toBe(true);
  });

  it("FEDERATION=neighbours sends to configured networks only", async () => {
    const { stack, forward } = await given({ ...neighbours, FEDERATION: "neighbours" });
    expect(await forward(towards("far.net"))).toMatchObject({ kind: "answered", status: 403 });
    expect(stack.sent).toEqual([]);
  });
});
