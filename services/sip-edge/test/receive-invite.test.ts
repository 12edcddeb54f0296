import { describe, expect, it } from "@jest/globals";
import { participating } from "@heliograph/contracts";
import type { TransportName } from "@heliograph/sip";
import { credentials, flowFrom, message, registered } from "./given.js";
import { acceptedAs, answerOf, givenSessions, inDialog, invite, offer, sdp } from "./given-sessions.js";

const proved = { more: [credentials] };
const core = { TRUSTED_CORES: "192.0.2.99" };
const fromCore = flowFrom("192.0.2.99", "udp", 5060);
const never = () => new Promise<never>(() => undefined);

describe("PF-02 GEN-06 whose INVITE it is", () => {
  it("a user of ours proves it, as with any other request", async () => {
    const edge = await givenSessions();
    expect((await answerOf(edge, invite())).status).toBe(407);
    expect(edge.invitations).toEqual([]);
    expect((await answerOf(edge, invite(proved))).status).toBe(200);
    expect(edge.invitations).toMatchObject([
      { half: "originate", invitation: { sender: { kind: "local", aor: "sip:alice@example.com" } } },
    ]);
  });

  it("a registration vouches for its connection", async () => {
    const edge = await givenSessions();
    const flow = await registered(edge);
    expect((await answerOf(edge, invite(), flow)).status).toBe(200);
    expect(edge.invitations[0]?.half).toBe("originate");
  });

  it("a trusted core says on whose behalf: the served user's side decides", async () => {
    const edge = await givenSessions(core);
    const served = (session: string) => ({
      more: [
        `P-Served-User: <sip:bob@example.com>;sescase=${session}`,
        "P-Asserted-Identity: <sip:eve@far.net>",
      ],
    });
    await answerOf(edge, invite({ ...served("term"), uri: "sip:bob@192.0.2.20" }), fromCore);
    await answerOf(edge, invite({ ...served("orig"), uri: "sip:x@far.net" }), fromCore);
    expect(edge.invitations).toMatchObject([
      {
        half: "terminate",
        invitation: { recipient: "sip:bob@example.com", sender: { aor: "sip:eve@far.net" } },
      },
      {
        half: "originate",
        invitation: { recipient: "sip:x@far.net", sender: { aor: "sip:bob@example.com" } },
      },
    ]);
  });

  it("SC-08 a neighbour invites our users, and nobody is relayed to a third network", async () => {
    const edge = await givenSessions({ NEIGHBOURS: "near.net=sip:192.0.2.50" });
    const flow = flowFrom("192.0.2.50");
    const from = "<sip:nia@near.net>;tag=n";
    expect((await answerOf(edge, invite({ from }), flow)).status).toBe(200);
    expect(edge.invitations).toMatchObject([
      { half: "terminate", invitation: { sender: { kind: "claimed" } } },
    ]);
    expect((await answerOf(edge, invite({ from, uri: "sip:v@third.net" }), flow)).status).toBe(403);
  });

  it("an INVITE for the server itself finds nobody", async () => {
    const edge = await givenSessions();
    expect((await answerOf(edge, invite({ ...proved, uri: "sip:198.51.100.1:5060" }))).status).toBe(404);
  });
});

describe("PF-15 GEN-11 an invitation", () => {
  it("has what is end to end, verbatim and in order, and nothing of the dialog or of its hop", async () => {
    const edge = await givenSessions();
    const endToEnd = [
      "Subject: hello",
      "Contribution-ID: c-1",
      "Conversation-ID: c-2",
      "Referred-By: <sip:carol@example.com>",
      "Accept-Contact: *;+g.oma.sip-im",
      "X-Novel: 1",
    ];
    const dialogs = [
      "Supported: timer",
      "Allow: INVITE",
      "Session-Expires: 1800",
      "Min-SE: 90",
      "Require: timer",
      "Record-Route: <sip:p.example.net;lr>",
      "P-Asserted-Identity: <sip:forged@example.com>",
      "Expires: 60",
    ];
    await answerOf(edge, invite({ more: [credentials, ...endToEnd, ...dialogs] }));
    const [{ invitation } = { invitation: undefined }] = edge.invitations;
    expect(invitation?.headers.map(([name, value]) => `${name}: ${value}`)).toEqual([
      ...endToEnd,
      expect.stringMatching(
        /^P-Charging-Vector: icid-value=\S+;icid-generated-at=edge\.example\.com;orig-ioi=example\.com$/,
      ),
    ]);
    expect(invitation).toMatchObject({
      requestUri: "sip:bob@example.com",
      recipient: "sip:bob@example.com",
      from: "Alice <sip:alice@example.com>;tag=a1",
      maxForwards: 70,
      contactParams: ';+g.oma.sip-im;+sip.instance="<urn:x>"',
      body: sdp(offer),
      transport: "udp",
      route: [],
      caller: { kind: "sip", node: "n1" },
      device: { contact: "sip:alice@192.0.2.10:5062", flowId: expect.any(String) },
    });
  });

  it("CL-21 has a first message with its offer, untouched", async () => {
    const edge = await givenSessions();
    const body =
      "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b\r\nContent-Type: message/cpim\r\n\r\nhi\r\n--b--\r\n";
    const type = "multipart/mixed;boundary=b";
    await answerOf(edge, invite({ more: [credentials, `Content-Type: ${type}`], body }));
    expect(edge.invitations[0]?.invitation.body).toEqual({ type, content: new TextEncoder().encode(body) });
  });

  it("names its leg, which is here while the caller waits", async () => {
    const edge = await givenSessions({}, { originate: never });
    await edge.receive(invite(proved));
    const leg = edge.invitations[0]?.invitation.caller.leg ?? "";
    expect(await edge.check(leg, "other")).toEqual({
      incarnation: edge.invitations[0]?.invitation.caller.incarnation,
      missing: ["other"],
    });
  });
});

describe("GEN-04 GEN-09 what is checked before anybody rings", () => {
  it.each<[string, string[], string | undefined, number, RegExp]>([
    ["an unknown extension", ["Require: novel"], undefined, 420, /^novel$/],
    [
      "a type that is no offer",
      ["Content-Type: text/plain"],
      "x",
      415,
      /^application\/sdp, multipart\/mixed$/,
    ],
    [
      "parts without an offer",
      ["Content-Type: multipart/mixed;boundary=b"],
      "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n",
      415,
      /application\/sdp/,
    ],
    ["a coding", ["Content-Encoding: gzip"], undefined, 415, /^identity$/],
    ["parts that are none", ["Content-Type: multipart/mixed;boundary=b"], "--c\r\n", 400, /^$/],
    ["parts without a boundary", ["Content-Type: multipart/mixed"], "--c\r\n", 400, /^$/],
    ["a type that is none", ["Content-Type: /"], undefined, 400, /^$/],
    ["two Contacts", ["Contact: <sip:a@h>, <sip:b@h>"], undefined, 400, /^$/],
    ["a Contact that is none", ["Contact: *"], undefined, 400, /^$/],
    ["privacy that nobody knows", ["Privacy: novel;critical"], undefined, 500, /^$/],
  ])("%s is refused", async (_, more, body, status, hint) => {
    const edge = await givenSessions();
    const parts = { more: [credentials, ...more], ...(body !== undefined && { body }) };
    const { headers, ...answer } = await answerOf(edge, invite(parts));
    expect(answer.status).toBe(status);
    expect(
      headers.get("Unsupported") ?? headers.get("Accept") ?? headers.get("Accept-Encoding") ?? "",
    ).toMatch(hint);
    expect(edge.invitations).toEqual([]);
    expect((await edge.check("x")).missing).toEqual(["x"]);
    expect(edge.metrics.text()).toContain("heliograph_sip_edge_session_legs 0");
  });

  it("an INVITE whose Contact is missing is refused", async () => {
    const edge = await givenSessions();
    const text = invite(proved).replace(/Contact: .*\r\n/, "");
    expect((await answerOf(edge, text)).status).toBe(400);
  });

  it("GEN-12 a timer and reliable provisional responses may be required", async () => {
    const edge = await givenSessions();
    expect((await answerOf(edge, invite({ more: [credentials, "Require: timer, 100rel"] }))).status).toBe(
      200,
    );
  });

  it("GEN-09 the service's tag may stand in Accept-Contact or in Contact, where it is asked for", async () => {
    const edge = await givenSessions({ IM_TAG_REQUIRED: "on" });
    expect((await answerOf(edge, invite(proved))).status).toBe(200);
    const bare = "Contact: <sip:alice@192.0.2.10>";
    expect((await answerOf(edge, invite({ more: [credentials, bare] }))).status).toBe(403);
    const asked = "Accept-Contact: *;+g.oma.sip-im.large-message";
    expect((await answerOf(edge, invite({ more: [credentials, bare, asked] }))).status).toBe(200);
  });

  it("GEN-03 no hop left is 483, and the same INVITE by another way is 482", async () => {
    const edge = await givenSessions({}, { originate: never });
    expect((await answerOf(edge, invite({ ...proved, maxForwards: "0" }))).status).toBe(483);
    await edge.receive(invite({ ...proved, callId: "same" }));
    expect((await answerOf(edge, invite({ ...proved, callId: "same" }))).status).toBe(482);
  });
});

describe("the answer to the caller", () => {
  it.each<[TransportName, string]>([
    ["udp", "<sip:TOKEN@edge.example.com:5060>"],
    ["tcp", "<sip:TOKEN@edge.example.com:5060;transport=tcp>"],
    ["tls", "<sips:TOKEN@edge.example.com:5061>"],
    ["ws", "<sip:TOKEN@edge.example.com:5060;transport=ws>"],
  ])(
    "GEN-11 GEN-43 over %s names this end of the dialog by its own transport",
    async (transport, contact) => {
      const edge = await givenSessions();
      const answer = await answerOf(edge, invite(proved), flowFrom("192.0.2.10", transport));
      const pattern = contact.replaceAll(/[.?]/g, String.raw`\$&`).replace("TOKEN", String.raw`\w+`);
      expect(answer.headers.get("Contact")).toMatch(new RegExp(`^${pattern};`));
      expect(answer.headers.has("Record-Route")).toBe(false);
    },
  );

  it("GEN-11 carries the body, the far end's features but no focus, and what is end to end", async () => {
    const edge = await givenSessions(
      {},
      {
        originate: ({ id }) =>
          acceptedAs(id, {
            contactParams: ';+g.oma.sip-im.large-message;isfocus;+sip.instance="<urn:b>";expires=60',
            headers: [
              ["Content-Disposition", "session"],
              ["P-Asserted-Identity", "<sip:bob@example.com>"],
              ["X-Novel", "2"],
              ["Session-Expires", "90"],
            ],
          }),
      },
    );
    const answer = await answerOf(edge, invite(proved));
    expect(answer.headers.get("Contact")).toMatch(
      />;\+g\.oma\.sip-im;\+g\.oma\.sip-im\.large-message;\+sip\.instance="<urn:b>"$/,
    );
    expect(answer.headers.get("Content-Type")).toBe("application/sdp");
    expect(new TextDecoder().decode(answer.body)).toBe("answer");
    expect(answer.headers.get("Content-Disposition")).toBe("session");
    expect(answer.headers.get("X-Novel")).toBe("2");
    expect(answer.headers.has("P-Asserted-Identity")).toBe(false);
    expect(answer.headers.has("Session-Expires")).toBe(false);
  });

  it("GEN-06 GEN-16 tells a trusted core who has answered, and in which network", async () => {
    const script = {
      terminate: ({ id }: { id: string }) =>
        acceptedAs(id, { headers: [["P-Asserted-Identity", "<sip:bob@example.com>"]] }),
    };
    const edge = await givenSessions(core, script);
    const more = ["P-Asserted-Identity: <sip:eve@far.net>", "P-Charging-Vector: icid-value=7"];
    const answer = await answerOf(edge, invite({ more }), fromCore);
    expect(answer.headers.get("P-Asserted-Identity")).toBe("<sip:bob@example.com>");
    expect(answer.headers.get("P-Charging-Vector")).toBe("icid-value=7;term-ioi=example.com");
  });

  it("GEN-18 a refusal says why, in Warning too", async () => {
    const edge = await givenSessions(
      {},
      {
        originate: () => ({
          kind: "refused",
          status: 480,
          reason: "Nobody There",
          warning: { code: "127", text: "Service not authorised" },
          retryAfterS: 9,
        }),
      },
    );
    const answer = await answerOf(edge, invite(proved));
    expect([answer.status, answer.reason]).toEqual([480, "Nobody There"]);
    expect(answer.headers.get("Warning")).toBe('399 edge.example.com "127 Service not authorised"');
    expect(answer.headers.get("Retry-After")).toBe("9");
    expect(edge.metrics.text()).toContain("heliograph_sip_edge_session_legs 0");
  });

  it("PF-06 one 180, however many devices ring", async () => {
    const edge = await givenSessions({}, { originate: never });
    await edge.receive(invite(proved));
    const { leg } = edge.invitations[0]?.invitation.caller ?? { leg: "" };
    for (const status of [180, 180, 183, 100, 200]) await edge.progress(leg, status);
    expect(edge.dialogs.lastAnswered.progressed).toEqual([180, 183]);
  });
});

describe("GEN-40 a caller who gives up", () => {
  it("is no leg any more, and whoever handles the invitation hears of it", async () => {
    const edge = await givenSessions({}, { originate: never });
    await edge.receive(invite(proved));
    const { id, caller } = edge.invitations[0]?.invitation ?? { id: "", caller: { leg: "" } };
    edge.dialogs.lastAnswered.cancel('SIP;cause=200;text="Call completed elsewhere"');
    await edge.settle();
    expect(edge.cancelled).toEqual([
      { invitation: id, reason: 'SIP;cause=200;text="Call completed elsewhere"' },
    ]);
    expect((await edge.check(caller.leg)).missing).toEqual([caller.leg]);
    await edge.progress(caller.leg, 180);
    expect(edge.dialogs.lastAnswered.progressed).toEqual([]);
  });

  it("and is accepted too late leaves, so that nobody talks to a void", async () => {
    let accept = (): void => undefined;
    const edge = await givenSessions(
      {},
      {
        originate: ({ id }) => new Promise((resolve) => (accept = () => resolve(acceptedAs(id)))),
      },
    );
    await edge.receive(invite(proved));
    edge.dialogs.lastAnswered.cancel();
    accept();
    await edge.settle();
    const { id, caller } = edge.invitations[0]?.invitation ?? { id: "", caller: { leg: "" } };
    expect(edge.left).toEqual([
      { conversation: id, leg: caller.leg, reason: 'SIP;cause=487;text="Request Terminated"' },
    ]);
  });

  it("before it is known who it is invites nobody", async () => {
    let prove = (): void => undefined;
    const edge = await givenSessions(
      {},
      {},
      {
        authenticate: () =>
          new Promise<never>((_, reject) => (prove = () => reject(new Error("too late")))) as never,
      },
    );
    await edge.receive(invite(proved));
    edge.dialogs.lastAnswered.cancel();
    prove();
    await edge.settle();
    expect(edge.invitations).toEqual([]);
    expect(edge.cancelled).toEqual([]);
  });
});

describe("GEN-14 when the service cannot", () => {
  it.each([
    ["disconnected", 503],
    ["timeout", 504],
    ["handler-failed", 500],
  ] as const)("%s is %i, and whoever rings is called off", async (failure, status) => {
    const edge = await givenSessions();
    edge.fail(participating.originateSession, failure);
    const answer = await answerOf(edge, invite(proved));
    expect(answer.status).toBe(status);
    expect(answer.headers.has("Retry-After")).toBe(status !== 504);
    await edge.settle();
    expect(edge.cancelled).toHaveLength(1);
    expect(edge.left).toHaveLength(1);
    expect(edge.metrics.text()).toContain("heliograph_sip_edge_session_legs 0");
  });

  it("nobody serves sessions: 503, and nobody has to be told", async () => {
    const edge = await givenSessions();
    edge.fail(participating.originateSession, "no-responder");
    expect((await answerOf(edge, invite(proved))).status).toBe(503);
    expect(edge.left).toEqual([]);
  });

  it("more than SIP_MAX_LEGS are refused; what rings is not in hand, so that messages pass", async () => {
    const edge = await givenSessions({ SIP_MAX_LEGS: "2", SIP_MAX_IN_HAND: "1" }, { originate: never });
    await edge.receive(invite(proved));
    await edge.receive(invite(proved));
    const answer = await answerOf(edge, invite(proved));
    expect([answer.status, answer.reason]).toEqual([503, "Too Many Sessions"]);
    expect(answer.headers.has("Retry-After")).toBe(true);
    expect((await edge.receive(message({ more: [credentials] })))?.status).toBe(200);
    edge.dialogs.answered[0]?.cancel();
    await edge.receive(invite(proved));
    expect(edge.invitations).toHaveLength(3);
  });
});

describe("GEN-14 one source address", () => {
  const ring = async (edge: Awaited<ReturnType<typeof givenSessions>>, count: number, flow = flowFrom()) => {
    const statuses = new Set<number | undefined>();
    for (let one = 0; one < count; one += 1) statuses.add((await edge.receive(invite(proved), flow))?.status);
    return [...statuses];
  };

  it("may ring so many, and more when some have answered; others are not held up", async () => {
    const edge = await givenSessions({ SIP_MAX_LEGS: "1000" }, { originate: never });
    expect(await ring(edge, 100)).toEqual([undefined]);
    expect(await ring(edge, 1)).toEqual([503]);
    expect(await ring(edge, 1, flowFrom("192.0.2.11"))).toEqual([undefined]);
    edge.dialogs.answered[0]?.cancel();
    expect(await ring(edge, 2)).toEqual([undefined, 503]);
  });

  it("may have more sessions than that: those that were answered do not wait", async () => {
    const edge = await givenSessions({ SIP_MAX_LEGS: "1000" });
    expect(await ring(edge, 101)).toEqual([200]);
  });

  it("of a trusted core may ring everybody", async () => {
    const edge = await givenSessions({ ...core, SIP_MAX_LEGS: "1000" }, { terminate: never });
    const more = ["P-Asserted-Identity: <sip:eve@far.net>"];
    for (let one = 0; one < 101; one += 1) await edge.receive(invite({ more }), fromCore);
    expect(edge.invitations).toHaveLength(101);
  });
});

describe("GEN-44 an INVITE without an offer", () => {
  const bare = { ...proved, body: "" };

  it("has no body for the other side, whose offer goes out in the 200, and whose answer comes in the ACK", async () => {
    const edge = await givenSessions();
    const answer = await answerOf(edge, invite(bare));
    expect(edge.invitations[0]?.invitation.body).toBeUndefined();
    expect(new TextDecoder().decode(answer.body)).toBe("answer");
    const ack = inDialog("ACK", { more: ["Content-Type: application/sdp"], body: "mine" });
    edge.dialogs.lastAnswered.acknowledge(ack);
    await edge.settle();
    const { id, caller } = edge.invitations[0]?.invitation ?? { id: "", caller: { leg: "" } };
    expect(edge.acknowledged).toEqual([{ conversation: id, leg: caller.leg, body: sdp("mine") }]);
  });

  it("whose ACK nobody takes is ended", async () => {
    const edge = await givenSessions({}, { takeAck: () => Promise.reject(new Error("broken")) });
    await edge.receive(invite(bare));
    edge.dialogs.lastAnswered.acknowledge(inDialog("ACK"));
    await edge.settle();
    expect(edge.dialogs.lastAnswered.dialog.byes).toEqual(['SIP;cause=503;text="Service Unavailable"']);
    expect(edge.left).toMatchObject([{ reason: 'SIP;cause=503;text="Service Unavailable"' }]);
  });

  it("the ACK to a 200 with an answer says nothing", async () => {
    const edge = await givenSessions();
    await edge.receive(invite(proved));
    edge.dialogs.lastAnswered.acknowledge(inDialog("ACK"));
    await edge.settle();
    expect(edge.acknowledged).toEqual([]);
  });
});
