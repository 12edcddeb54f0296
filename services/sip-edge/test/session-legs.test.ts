import { describe, expect, it } from "@jest/globals";
import { type BusFailure, participating, sipEdge } from "@heliograph/contracts";
import { createResponse, type DialogEnd, type SipResponse } from "@heliograph/sip";
import { credentials, flowFrom, parsed, request } from "./given.js";
import { givenSessions, inDialog, invite, legInvitation, sdp, type SessionScript } from "./given-sessions.js";

const node = { node: "n1" };

/** A session between a caller and the service. */
async function callerInSession(script: Partial<SessionScript> = {}, env = {}) {
  const edge = await givenSessions(env, script);
  await edge.receive(invite({ more: [credentials] }));
  const [{ invitation } = { invitation: undefined }] = edge.invitations;
  if (!invitation) throw new Error("nobody was invited");
  const { dialog } = edge.dialogs.lastAnswered;
  const receive = async (text: string) => {
    const answers = dialog.receive(parsed(text), flowFrom());
    await edge.settle();
    return answers.at(-1);
  };
  return { ...edge, dialog, inside: receive, leg: invitation.caller.leg, conversation: invitation.id };
}

/** The service in a session with a callee. */
async function calleeInSession(changes: Parameters<typeof legInvitation> = [], env = {}) {
  const edge = await givenSessions(env);
  const answer = edge.bus.request(sipEdge.inviteLeg, node, legInvitation(...changes));
  await edge.settle();
  edge.dialogs.lastInvited.answer(200, { body: "answer" });
  await answer;
  return { ...edge, dialog: edge.dialogs.lastInvited.dialog, leg: "leg-1", conversation: "conversation-1" };
}

/** What a device answers inside a dialog. */
const answered = (status: number, headers: [string, string][] = [], body = ""): SipResponse =>
  createResponse(parsed(request("INFO")), status, { headers, body: new TextEncoder().encode(body) });

describe("PF-10 PF-15 a request inside a leg", () => {
  it("goes to the other side with what is end to end, and its answer comes back", async () => {
    const session = await callerInSession({
      relay: async () => ({
        status: 488,
        reason: "Not Here",
        headers: [
          ["Warning", '399 h "w"'],
          ["Session-Expires", "90"],
          ["P-Asserted-Identity", "<sip:b@h>"],
        ],
        body: sdp("theirs"),
      }),
    });
    const text = request("INVITE", {
      to: "<sip:bob@example.com>;tag=us",
      body: "hold",
      more: [
        "Contact: <sip:alice@192.0.2.10>",
        "Content-Type: application/sdp",
        "Content-Disposition: session",
        "Contribution-ID: c-1",
        "s: short",
        "X-Novel: 1",
        "Session-Expires: 1800",
        "Supported: timer",
        "P-Charging-Vector: icid-value=forged",
        credentials,
      ],
    });
    const answer = await session.inside(text);
    const { conversation, leg } = session;
    expect(session.relayed).toEqual([
      {
        conversation,
        leg,
        method: "INVITE",
        headers: [
          ["Content-Disposition", "session"],
          ["Contribution-ID", "c-1"],
          ["Subject", "short"],
          ["X-Novel", "1"],
        ],
        body: sdp("hold"),
      },
    ]);
    expect(answer).toMatchObject({ status: 488, parts: { reason: "Not Here", body: sdp("theirs").content } });
    expect(answer?.parts.headers?.map(([name]) => name)).toEqual(["Warning", "Content-Type"]);
  });

  it("GEN-44 an INVITE without an offer has its answer in the ACK, which goes to the other side too", async () => {
    const session = await callerInSession();
    await session.inside(request("INVITE"));
    session.dialog.acknowledge(inDialog("ACK", { more: ["Content-Type: application/sdp"], body: "mine" }));
    await session.settle();
    const { conversation, leg } = session;
    expect(session.acknowledged).toEqual([{ conversation, leg, body: sdp("mine") }]);
  });

  it("GEN-04 with an extension that is unknown is 420", async () => {
    const session = await callerInSession();
    const answer = await session.inside(request("INFO", { more: ["Require: novel"] }));
    expect(answer).toMatchObject({
      status: 420,
      parts: { headers: [["Unsupported", "novel"]] },
    });
    expect(session.relayed).toEqual([]);
  });

  it.each<[BusFailure, number]>([
    ["no-responder", 503],
    ["disconnected", 503],
    ["timeout", 504],
    ["handler-failed", 500],
  ])("GEN-14 that the service cannot take (%s) is %i, and the dialog lives on", async (failure, status) => {
    const session = await callerInSession();
    session.fail(participating.relayInDialog, failure);
    expect((await session.inside(request("UPDATE")))?.status).toBe(status);
    expect(session.dialog.isOver).toBe(false);
    session.heal();
    expect((await session.inside(request("UPDATE")))?.status).toBe(200);
  });

  it("GEN-14 too many at once are 503; the next one after an answer is taken", async () => {
    const replies: (() => void)[] = [];
    const session = await callerInSession({
      relay: () =>
        new Promise((resolve) => replies.push(() => resolve({ status: 200, reason: "OK", headers: [] }))),
    });
    for (let count = 0; count < 16; count += 1) await session.inside(request("INFO"));
    expect(session.relayed).toHaveLength(16);
    expect((await session.inside(request("INFO")))?.status).toBe(503);
    replies[0]?.();
    await session.settle();
    await session.inside(request("INFO"));
    expect(session.relayed).toHaveLength(17);
  });
});

describe("PF-11 GEN-17 the end of a leg", () => {
  it.each<[string, DialogEnd, string | undefined]>([
    ["BYE", { by: "remote", reasons: [] }, undefined],
    [
      "BYE with a Reason",
      { by: "remote", reasons: ['SIP;cause=200;text="Call completed"'] },
      'SIP;cause=200;text="Call completed"',
    ],
    ["no ACK", { by: "failure", why: "no ACK" }, 'SIP;cause=408;text="Request Timeout"'],
    ["GEN-12 no refresh", { by: "failure", why: "session timer" }, 'SIP;cause=408;text="Request Timeout"'],
    ["a peer that is gone", { by: "failure", why: "gone" }, 'SIP;cause=480;text="Temporarily Unavailable"'],
    [
      "a connection that closed",
      { by: "failure", why: "flow closed" },
      'SIP;cause=480;text="Temporarily Unavailable"',
    ],
  ])("by %s is the end of the conversation", async (_, end, reason) => {
    const session = await callerInSession();
    session.dialog.end(end);
    await session.settle();
    const { conversation, leg } = session;
    expect(session.left).toEqual([{ conversation, leg, ...(reason !== undefined && { reason }) }]);
    expect((await session.check(leg)).missing).toEqual([leg]);
    expect(session.metrics.text()).toMatch(/heliograph_sip_edge_dialogs_ended_total\{by="\w+"\} 1/);
  });

  it("is told again while it cannot be told, and not for ever", async () => {
    const session = await callerInSession();
    session.fail(participating.leaveSession, "no-responder");
    session.dialog.end({ by: "remote", reasons: [] });
    await session.settle();
    session.clock.advance(1_000);
    await session.settle();
    session.heal();
    session.clock.advance(3_000);
    await session.settle();
    session.clock.advance(60_000);
    await session.settle();
    expect(session.left).toHaveLength(1);
  });

  it("by the owner is BYE with its Reason, and tells nobody what they know", async () => {
    const session = await callerInSession();
    await session.bus.request(sipEdge.endLeg, node, { leg: session.leg, reason: "SIP;cause=480" });
    await session.settle();
    expect(session.dialog.byes).toEqual(["SIP;cause=480"]);
    expect(session.left).toEqual([]);
    await session.bus.request(sipEdge.endLeg, node, { leg: session.leg });
    expect(session.dialog.byes).toHaveLength(1);
  });

  it("by the owner while the caller waits is a refusal", async () => {
    const edge = await givenSessions({}, { originate: () => new Promise(() => undefined) });
    const answers = edge.stack.receive(parsed(invite({ more: [credentials] })), flowFrom());
    await edge.settle();
    const leg = edge.invitations[0]?.invitation.caller.leg ?? "";
    await edge.bus.request(sipEdge.cancelLeg, node, { leg });
    expect(answers).toEqual([]);
    await edge.bus.request(sipEdge.endLeg, node, { leg });
    expect(answers.at(-1)?.status).toBe(503);
  });
});

describe("PF-10 what the service sends inside a leg", () => {
  const send = async (
    session: Awaited<ReturnType<typeof calleeInSession>>,
    headers: [string, string][] = [],
  ) =>
    session.bus.request(sipEdge.sendInDialog, node, {
      leg: session.leg,
      method: "INVITE",
      headers,
      body: sdp("hold"),
      timeoutMs: 5_000,
    });

  it("goes with its body, and the answer comes back with its own", async () => {
    const session = await calleeInSession();
    session.dialog.outcome = {
      kind: "response",
      response: answered(
        200,
        [
          ["Content-Type", "application/sdp"],
          ["Session-Expires", "90"],
          ["X-A", "1"],
        ],
        "held",
      ),
    };
    expect(
      await send(session, [
        ["Subject", "s"],
        ["P-Charging-Vector", "icid-value=1"],
      ]),
    ).toEqual({
      kind: "answered",
      status: 200,
      reason: "OK",
      headers: [["X-A", "1"]],
      body: sdp("held"),
    });
    expect(session.dialog.sent).toEqual([
      {
        method: "INVITE",
        parts: {
          headers: [
            ["Subject", "s"],
            ["Content-Type", "application/sdp"],
          ],
          body: sdp("hold").content,
        },
      },
    ]);
  });

  it("GEN-08 shows no more of the caller than the INVITE did", async () => {
    const session = await calleeInSession([{}, { privacy: ["user", "history"] }]);
    await send(session, [
      ["Subject", "s"],
      ["History-Info", "<sip:h@h>"],
      ["X-A", "1"],
    ]);
    expect(session.dialog.sent[0]?.parts.headers?.map(([name]) => name)).toEqual(["X-A", "Content-Type"]);
  });

  it("GEN-06 GEN-16 inside the trust domain has what only trusted nodes say", async () => {
    const session = await calleeInSession([{ trusted: true }]);
    await send(session, [["P-Charging-Vector", "icid-value=1"]]);
    expect(session.dialog.sent[0]?.parts.headers?.map(([name]) => name)).toEqual([
      "P-Charging-Vector",
      "Content-Type",
    ]);
  });

  it.each([[{ kind: "silent" } as const], [{ kind: "unreachable", reason: "the flow is gone" } as const]])(
    "may come to nothing: %j",
    async (outcome) => {
      const session = await calleeInSession();
      session.dialog.outcome = outcome;
      expect(await send(session)).toEqual(outcome);
    },
  );

  it("GEN-44 an INVITE without an offer is acknowledged with the other side's answer", async () => {
    const session = await calleeInSession();
    session.dialog.outcome = { kind: "response", response: answered(200, [], "offer") };
    const bare = { leg: session.leg, method: "INVITE", headers: [], timeoutMs: 5_000 };
    await session.bus.request(sipEdge.sendInDialog, node, bare);
    await session.settle();
    expect(session.dialog.acks).toEqual([]);
    await session.bus.request(sipEdge.acknowledgeLeg, node, { leg: session.leg, body: sdp("mine") });
    await session.settle();
    expect(session.dialog.acks).toEqual([
      { headers: [["Content-Type", "application/sdp"]], body: sdp("mine").content },
    ]);
    await session.bus.request(sipEdge.sendInDialog, node, bare);
    session.clock.advance(32_000);
    await session.settle();
    expect(session.dialog.acks[1]).toEqual({});
  });

  it("finds no leg that is over", async () => {
    const session = await calleeInSession();
    session.dialog.end({ by: "remote", reasons: [] });
    expect(await send(session)).toEqual({ kind: "no-such-leg" });
  });

  it("GEN-44 the answer in the ACK, where the 2xx had the offer", async () => {
    const session = await calleeInSession();
    await session.bus.request(sipEdge.acknowledgeLeg, node, { leg: session.leg, body: sdp("mine") });
    await session.bus.request(sipEdge.acknowledgeLeg, node, { leg: "gone", body: sdp("mine") });
    expect(session.dialogs.lastInvited.acknowledged).toEqual([
      { headers: [["Content-Type", "application/sdp"]], body: sdp("mine").content },
    ]);
  });
});

describe("PF-11 the life of a node", () => {
  it("a node that stops ends every session: its peers and the other sides hear why", async () => {
    const session = await callerInSession();
    const waiting = session.stack.receive(parsed(invite({ more: [credentials], callId: "w" })), flowFrom());
    await session.settle();
    const ringing = session.bus.request(sipEdge.inviteLeg, node, legInvitation());
    await session.settle();
    expect(waiting.at(-1)?.status).toBe(200);
    await session.edge.stop();
    expect(session.dialogs.drained).toBe('SIP;cause=503;text="Service Unavailable"');
    expect(session.dialogs.lastInvited.cancelled).toEqual(['SIP;cause=503;text="Service Unavailable"']);
    expect(await ringing).toEqual({ kind: "cancelled" });
    await session.settle();
    expect(session.left).toHaveLength(2);
    expect(session.left[0]).toMatchObject({
      conversation: session.conversation,
      reason: 'SIP;cause=503;text="Service Unavailable"',
    });
    expect(session.metrics.text()).toContain("heliograph_sip_edge_session_legs 0");
  });

  it("PF-11 a leg whose conversation nobody knows is ended, once it had the time to be written down", async () => {
    const session = await calleeInSession();
    const known: string[] = [];
    const ask = async ({ conversations }: { conversations: string[] }) => ({
      missing: conversations.filter((id) => !known.includes(id)),
    });
    const sweep = async () => {
      session.clock.advance(10_000);
      await session.settle();
      await session.settle();
    };
    await sweep();
    session.fail(participating.checkConversations, "no-responder");
    await sweep();
    session.heal();
    await session.bus.serve(participating.checkConversations, {}, ask);
    known.push(session.conversation);
    await sweep();
    expect(session.dialog.byes).toEqual([]);
    known.pop();
    await sweep();
    expect(session.dialog.byes).toEqual(['SIP;cause=503;text="Service Unavailable"']);
    expect((await session.check(session.leg)).missing).toEqual([session.leg]);
    expect(session.left).toEqual([]);
    expect(session.metrics.text()).toContain("heliograph_sip_edge_orphaned_legs_total 1");
    await session.edge.stop();
    expect(session.clock.armed).toBe(0);
  });

  describe("GEN-14 nobody works any more on a leg without a final answer", () => {
    const renew = async (edge: Awaited<ReturnType<typeof givenSessions>>, legs: string[]) =>
      (await edge.bus.request(sipEdge.renewLegs, node, { legs })).missing;
    const pass = async (edge: Awaited<ReturnType<typeof givenSessions>>, ms: number) => {
      for (let passed = 0; passed < ms; passed += 500) {
        edge.clock.advance(500);
        await edge.settle();
      }
    };
    const waiting = async () => {
      const edge = await givenSessions({}, { originate: () => new Promise(() => undefined) });
      const answers = edge.stack.receive(parsed(invite({ more: [credentials] })), flowFrom());
      await edge.settle();
      return { ...edge, answers, leg: edge.invitations[0]?.invitation.caller.leg ?? "" };
    };

    it("a caller hears 503 with Retry-After within 10 s, and nobody is to ring for it", async () => {
      const edge = await waiting();
      await pass(edge, 7_000);
      expect(edge.answers).toEqual([]);
      await pass(edge, 3_000);
      expect(edge.answers.at(-1)?.status).toBe(503);
      expect(edge.answers.at(-1)?.headers.get("Retry-After")).toBe("5");
      expect(edge.cancelled).toMatchObject([{ reason: 'SIP;cause=503;text="Service Unavailable"' }]);
      expect(edge.metrics.text()).toContain("heliograph_sip_edge_orphaned_legs_total 1");
    });

    it("it goes on ringing for as long as somebody says so", async () => {
      const edge = await waiting();
      for (let count = 0; count < 12; count += 1) {
        expect(await renew(edge, [edge.leg, "unknown"])).toEqual(["unknown"]);
        await pass(edge, 5_000);
      }
      expect(edge.answers).toEqual([]);
      await pass(edge, 10_000);
      expect(edge.answers.at(-1)?.status).toBe(503);
      expect(await renew(edge, [edge.leg])).toEqual([edge.leg]);
    });

    it("GEN-17 a device that rings hears CANCEL within 10 s", async () => {
      const edge = await givenSessions();
      const answer = edge.bus.request(sipEdge.inviteLeg, node, legInvitation());
      await edge.settle();
      expect(await renew(edge, ["leg-1"])).toEqual([]);
      await pass(edge, 10_000);
      expect(edge.dialogs.lastInvited.cancelled).toEqual(['SIP;cause=503;text="Service Unavailable"']);
      expect(await answer).toEqual({ kind: "cancelled" });
    });

    it("a session that began is not concerned", async () => {
      const session = await calleeInSession();
      await pass(session, 20_000);
      expect(await renew(session, [session.leg])).toEqual([]);
      expect(session.dialog.byes).toEqual([]);
    });
  });

  it("a node that stops refuses who still waits, and takes nobody else", async () => {
    const edge = await givenSessions({}, { originate: () => new Promise(() => undefined) });
    const waiting = edge.stack.receive(parsed(invite({ more: [credentials] })), flowFrom());
    await edge.settle();
    await edge.edge.stop();
    expect(waiting.at(-1)?.status).toBe(503);
    expect(edge.cancelled).toMatchObject([{ reason: 'SIP;cause=503;text="Service Unavailable"' }]);
    expect((await edge.receive(invite({ more: [credentials] })))?.status).toBe(503);
    expect(await edge.bus.request(sipEdge.inviteLeg, node, legInvitation())).toMatchObject({
      kind: "unreachable",
    });
  });

  it("GEN-39 what a node before it kept is 481 at its successor, which is another incarnation", async () => {
    const before = await callerInSession();
    const { incarnation } = await before.check(before.leg);
    const after = await givenSessions({}, {}, {}, "u");
    for (const method of ["BYE", "INVITE", "UPDATE", "INFO", "PRACK"]) {
      const answer = await after.receive(request(method, { to: "<sip:bob@example.com>;tag=us" }));
      expect(answer?.status).toBe(481);
    }
    const checked = await after.check(before.leg);
    expect(checked.missing).toEqual([before.leg]);
    expect(checked.incarnation).not.toBe(incarnation);
  });

  it("GEN-30 a connection that closes is told to its dialogs", async () => {
    const { stack, dialogs } = await givenSessions();
    stack.close(flowFrom());
    expect(dialogs.closed).toEqual([flowFrom()]);
  });

  it("GEN-39 what belongs to a dialog goes there, ACK too, and an ACK of none is not answered", async () => {
    const { stack, dialogs, settle } = await givenSessions();
    dialogs.isKnown = true;
    const inside = [inDialog("BYE"), inDialog("ACK"), inDialog("INVITE"), inDialog("MESSAGE")];
    const answers = inside.flatMap((one) => stack.receive(one, flowFrom()));
    expect(dialogs.taken).toEqual(inside);
    dialogs.isKnown = false;
    answers.push(...stack.receive(inDialog("ACK"), flowFrom()));
    await settle();
    expect(answers).toEqual([]);
  });
});
