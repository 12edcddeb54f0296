import { describe, expect, it } from "@jest/globals";
import { type Invitation, sipEdge } from "@heliograph/contracts";
import type { InviteOutcome, TransportName } from "@heliograph/sip";
import type { Env } from "@heliograph/runtime";
import { flowFrom } from "./given.js";
import { givenSessions, legInvitation, sdp } from "./given-sessions.js";

const node = { node: "n1" };

/** An INVITE on its way to a peer that a test plays. */
async function inviting(
  parts: Partial<sipEdge.LegInvitation> = {},
  changes: Partial<Invitation> = {},
  env: Env = {},
) {
  const edge = await givenSessions(env);
  const answer = edge.bus.request(sipEdge.inviteLeg, node, legInvitation(parts, changes));
  await edge.settle();
  const invite = edge.dialogs.lastInvited;
  const { request, target, ringMs } = invite.parts;
  const fields = request.headers.fields();
  const values = (name: string) => request.headers.all(name);
  return { ...edge, invite, request, target, ringMs, fields, values, answer };
}

describe("GEN-11 PF-15 the INVITE of a leg", () => {
  it("begins a dialog of its own and carries the rest as it came", async () => {
    const { request, target, fields, ringMs } = await inviting(
      { body: sdp("anchored") },
      {
        headers: [
          ["Subject", "hi"],
          ["Accept-Contact", "*;+g.oma.sip-im"],
          ["Contribution-ID", "c-1"],
          ["X-Novel", "1"],
        ],
      },
    );
    expect(request).toMatchObject({ method: "INVITE", requestUri: "sip:bob@192.0.2.20:5060" });
    expect(target).toEqual({ kind: "uri", uri: "sip:bob@192.0.2.20:5060" });
    expect(ringMs).toBe(60_000);
    expect(fields).toEqual([
      ["Max-Forwards", "69"],
      ["From", expect.stringMatching(/^"Alice A\." <sip:alice@example\.com>;tag=t\d+$/)],
      ["To", "<sip:bob@example.com>"],
      ["Call-ID", expect.stringMatching(/^t\d+$/)],
      ["CSeq", "1 INVITE"],
      [
        "Contact",
        expect.stringMatching(
          /^<sip:t\d+@edge\.example\.com:5060>;\+g\.oma\.sip-im;\+sip\.instance="<urn:x>"$/,
        ),
      ],
      ["P-Called-Party-ID", "<sip:bob@example.com>"],
      ["Subject", "hi"],
      ["Accept-Contact", "*;+g.oma.sip-im"],
      ["Contribution-ID", "c-1"],
      ["X-Novel", "1"],
      ["Content-Type", "application/sdp"],
    ]);
    expect(new TextDecoder().decode(request.body)).toBe("anchored");
  });

  it.each<[string, string]>([
    ["<sip:alice@example.com>;x=1;tag=a1;y", "<sip:alice@example.com>;x=1;y;tag="],
    ["sip:alice@example.com;tag=a1", "sip:alice@example.com;tag="],
    ['"A;tag=9" <sip:alice@example.com;p=1>;TAG=a1', '"A;tag=9" <sip:alice@example.com;p=1>;tag='],
    ['<sip:alice@example.com>;q="a b"', '<sip:alice@example.com>;q="a b";tag='],
  ])("has From %s with a tag of its own", async (from, written) => {
    const { values } = await inviting({}, { from });
    expect(values("From")[0]?.startsWith(written)).toBe(true);
    expect(values("From")[0]).not.toContain("a1");
  });

  it("GEN-44 has no body where there is no offer", async () => {
    const leg = legInvitation();
    const { body, ...invitation } = leg.invitation;
    expect(body).toBeDefined();
    const edge = await givenSessions();
    void edge.bus.request(sipEdge.inviteLeg, node, { ...leg, invitation });
    await edge.settle();
    expect(edge.dialogs.lastInvited.request.body).toHaveLength(0);
    expect(edge.dialogs.lastInvited.request.headers.has("Content-Type")).toBe(false);
  });

  it("GEN-25 goes along its route, and GEN-30 over its flow", async () => {
    const routed = await inviting({ route: ["<sip:p1.example.net;lr>"] });
    expect(routed.values("Route")).toEqual(["<sip:p1.example.net;lr>"]);
    expect(routed.target).toEqual({ kind: "uri", uri: "sip:p1.example.net;lr" });
    expect((await inviting({ flowId: "tcp,1" })).target).toEqual({ kind: "flow", flowId: "tcp,1" });
  });

  it.each<[TransportName, RegExp]>([
    ["udp", /^<sip:t\d+@edge\.example\.com:5060>/],
    ["tcp", /^<sip:t\d+@edge\.example\.com:5060;transport=tcp>/],
    ["tls", /^<sips:t\d+@edge\.example\.com:5061>/],
    ["wss", /^<sips:t\d+@edge\.example\.com:5061;transport=ws>/],
  ])(
    "GEN-43 over a flow of %s names this end by it, whatever the caller is on",
    async (transport, contact) => {
      const edge = await givenSessions();
      const flow = flowFrom("192.0.2.20", transport);
      edge.stack.flows.set(flow.id, transport === "wss" ? { ...flow, localPort: 5061 } : flow);
      void edge.bus.request(
        sipEdge.inviteLeg,
        node,
        legInvitation({ flowId: flow.id }, { transport: "udp" }),
      );
      await edge.settle();
      expect(edge.dialogs.lastInvited.request.headers.get("Contact")).toMatch(contact);
      expect(edge.dialogs.lastInvited.request.headers.has("Record-Route")).toBe(false);
    },
  );

  it.each([
    ["sip:bob@192.0.2.20;transport=tcp", /;transport=tcp>/],
    ["sips:bob@192.0.2.20", /^<sips:t\d+@edge\.example\.com:5061>/],
    ["sip:bob@192.0.2.20;transport=tls", /^<sips:t\d+@edge\.example\.com:5061>/],
    ["sip:bob@192.0.2.20", /^<sip:t\d+@edge\.example\.com:5060>/],
    ["tel:+15551", /^<sip:t\d+@edge\.example\.com:5060>/],
  ])("GEN-43 to %s names this end by the same transport", async (requestUri, contact) => {
    expect((await inviting({ requestUri })).values("Contact")[0]).toMatch(contact);
  });
});

describe("GEN-06 GEN-08 GEN-16 SC-08 what an INVITE shows of the caller", () => {
  const headers: [string, string][] = [
    ["P-Charging-Vector", "icid-value=1"],
    ["P-Access-Network-Info", "3GPP-UTRAN"],
    ["Subject", "hi"],
  ];

  it("everything, inside the trust domain", async () => {
    const { values } = await inviting(
      { trusted: true, towards: "outside", route: ["<sip:s;lr>"] },
      { headers },
    );
    expect(values("P-Asserted-Identity")).toEqual(["<sip:alice@example.com>", "<tel:+15551>"]);
    expect(values("P-Charging-Vector")).toEqual(["icid-value=1"]);
    expect(values("P-Called-Party-ID")).toEqual([]);
  });

  it("nothing of the trust domain, outside of it", async () => {
    const { fields } = await inviting({}, { headers });
    const names = fields.map(([name]) => name);
    for (const name of ["P-Asserted-Identity", "P-Charging-Vector", "P-Access-Network-Info"]) {
      expect(names).not.toContain(name);
    }
    expect(names).toContain("Subject");
  });

  it("with Privacy: id no name, no instance, and a From that nobody has", async () => {
    const { values } = await inviting({}, { privacy: ["id"] }, { ASSERT_OUTSIDE: "on" });
    expect(values("From")[0]).toMatch(/^"Anonymous" <sip:anonymous@anonymous\.invalid>;tag=t\d+$/);
    expect(values("Contact")[0]).toMatch(/>;\+g\.oma\.sip-im$/);
    expect(values("P-Asserted-Identity")).toEqual([]);
    expect(values("Privacy")).toEqual(["id"]);
  });
});

describe("SC-06 SC-08 SC-11 an INVITE to another network", () => {
  const env = { NEIGHBOURS: "near.net=sip:192.0.2.50:5080;transport=tcp,dear.net=sip:192.0.2.60;trusted" };
  const towards = (domain: string): Partial<sipEdge.LegInvitation> => ({
    requestUri: `sip:nia@${domain}`,
    towards: "outside",
    trusted: true,
  });

  it.each([
    ["near.net", "sip:192.0.2.50:5080;transport=tcp", false],
    ["dear.net", "sip:192.0.2.60", true],
    ["far.net", "sip:nia@far.net", false],
  ])("at %s goes to %s", async (domain, uri, isTrusted) => {
    const { target, request, values } = await inviting(towards(domain), {}, env);
    expect(target).toEqual({ kind: "uri", uri });
    expect(request.requestUri).toBe(`sip:nia@${domain}`);
    expect(values("P-Asserted-Identity").length > 0).toBe(isTrusted);
  });

  it("that is not configured is not sent, where the operator says so", async () => {
    const edge = await givenSessions({ ...env, FEDERATION: "neighbours" });
    const answer = await edge.bus.request(sipEdge.inviteLeg, node, legInvitation(towards("far.net")));
    expect(answer).toMatchObject({ kind: "answered", status: 403 });
    expect(edge.dialogs.invited).toEqual([]);
  });
});

describe("PF-06 what becomes of a leg", () => {
  it("rings: whoever invited hears of it", async () => {
    const { invite, progressed, settle } = await inviting();
    invite.answer(180);
    await settle();
    expect(progressed).toEqual([
      { conversation: "conversation-1", leg: "leg-1", status: 180, reason: "Ringing" },
    ]);
  });

  it("is accepted, with what is end to end, and is here from then on", async () => {
    const { invite, answer, check, metrics } = await inviting();
    invite.answer(200, {
      headers: [
        ["Contact", '<sip:bob@192.0.2.20>;+g.oma.sip-im;+sip.instance="<urn:b>"'],
        ["Content-Type", "application/sdp"],
        ["Record-Route", "<sip:p;lr>"],
        ["Session-Expires", "1800;refresher=uas"],
        ["P-Asserted-Identity", "<sip:forged@example.com>"],
        ["X-Novel", "1"],
      ],
      body: "theirs",
    });
    const { incarnation } = await check();
    expect(await answer).toEqual({
      kind: "accepted",
      leg: { kind: "sip", node: "n1", incarnation, leg: "leg-1" },
      contactParams: ';+g.oma.sip-im;+sip.instance="<urn:b>"',
      headers: [["X-Novel", "1"]],
      body: sdp("theirs"),
    });
    expect((await check("leg-1")).missing).toEqual([]);
    expect(metrics.text()).toContain('heliograph_sip_edge_invited_total{outcome="accepted"} 1');
  });

  it("GEN-06 is accepted by somebody whom a trusted peer names", async () => {
    const { invite, answer } = await inviting({ trusted: true });
    invite.answer(200, { headers: [["P-Asserted-Identity", "<sip:bob@example.com>"]] });
    expect(await answer).toMatchObject({ headers: [["P-Asserted-Identity", "<sip:bob@example.com>"]] });
  });

  it.each<[number, [string, string][], unknown]>([
    [
      486,
      [
        ["Retry-After", "5"],
        ["Server", "x"],
      ],
      { kind: "answered", status: 486, reason: "Busy Here", headers: [["Retry-After", "5"]] },
    ],
    [430, [], { kind: "unreachable", reason: "flow failed" }],
    [408, [], { kind: "silent" }],
  ])("is refused with %i", async (status, headers, expected) => {
    const { invite, answer, check } = await inviting();
    invite.answer(status, { headers });
    expect(await answer).toEqual(expected);
    expect((await check("leg-1")).missing).toEqual(["leg-1"]);
  });

  it.each<[InviteOutcome]>([[{ kind: "silent" }], [{ kind: "unreachable", reason: "the flow is gone" }]])(
    "comes to nothing: %j",
    async (outcome) => {
      const { invite, answer, check } = await inviting();
      invite.settle(outcome);
      expect(await answer).toEqual(outcome);
      expect((await check("leg-1")).missing).toEqual(["leg-1"]);
    },
  );

  it("GEN-17 GEN-40 is cancelled with a Reason", async () => {
    const { invite, answer, bus } = await inviting();
    const reason = 'SIP;cause=200;text="Call completed elsewhere"';
    await bus.request(sipEdge.cancelLeg, node, { leg: "leg-1", reason });
    expect(invite.cancelled).toEqual([reason]);
    expect(await answer).toEqual({ kind: "cancelled" });
  });

  it("GEN-40 a CANCEL that comes after the 2xx ends the session", async () => {
    const { invite, answer, bus, left } = await inviting();
    invite.answer(200);
    await answer;
    await bus.request(sipEdge.cancelLeg, node, { leg: "leg-1", reason: "SIP;cause=200" });
    expect(invite.dialog.byes).toEqual(["SIP;cause=200"]);
    expect(left).toEqual([]);
  });

  it("a name that is taken is refused, and GEN-14 so is one leg too many", async () => {
    const { bus, dialogs } = await inviting({}, {}, { SIP_MAX_LEGS: "2" });
    await expect(bus.request(sipEdge.inviteLeg, node, legInvitation())).rejects.toThrow("handler-failed");
    void bus.request(sipEdge.inviteLeg, node, legInvitation({ leg: "leg-2" }));
    expect(await bus.request(sipEdge.inviteLeg, node, legInvitation({ leg: "leg-3" }))).toMatchObject({
      kind: "unreachable",
    });
    expect(dialogs.invited).toHaveLength(2);
  });
});
