import {
  type Bus,
  BusError,
  type BusFailure,
  type Invitation,
  participating,
  type SessionAnswer,
  type SessionBody,
  sipEdge,
} from "@heliograph/contracts";
import type { Env } from "@heliograph/runtime";
import type { Flow, SipResponse } from "@heliograph/sip";
import { FakeDialogs } from "./fake-dialogs.js";
import { given, type Others, parsed, type Parts, request } from "./given.js";

/** A request inside a leg, as participating gets it. */
interface InDialog {
  readonly conversation: string;
  readonly leg: string;
  readonly method: string;
  readonly headers: [string, string][];
  readonly body?: SessionBody | undefined;
}

/** What participating would answer to what sessions ask. */
export interface SessionScript {
  originate: (invitation: Invitation) => SessionAnswer | Promise<SessionAnswer>;
  terminate: (invitation: Invitation) => SessionAnswer | Promise<SessionAnswer>;
  relay: (input: InDialog) => Promise<{
    status: number;
    reason: string;
    headers: [string, string][];
    body?: SessionBody;
  }>;
  leave: () => Promise<Record<string, never>>;
  takeAck: () => Promise<Record<string, never>>;
}

/** An offer, and an answer; nobody at the edge reads them. */
export const offer = "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\n";
export const sdp = (text: string): SessionBody => ({
  type: "application/sdp",
  content: new TextEncoder().encode(text),
});

/** What participating says when somebody has answered. */
export const acceptedAs = (
  conversation: string,
  parts: Partial<Extract<SessionAnswer, { kind: "accepted" }>> = {},
): SessionAnswer => ({
  kind: "accepted",
  conversation,
  contactParams: "",
  headers: [],
  body: sdp("answer"),
  ...parts,
});

/** An edge over scripted dialogs. */
export async function givenSessions(
  env: Env = {},
  script: Partial<SessionScript> = {},
  others: Partial<Others> = {},
  prefix?: string,
) {
  const dialogs = new FakeDialogs();
  const failing = new Map<string, BusFailure>();
  const edge = await given(env, others, {
    dialogs,
    seen: (bus) => failingBus(bus, failing),
    ...(prefix !== undefined && { prefix }),
  });
  const { bus } = edge;
  const invitations: { readonly half: "originate" | "terminate"; readonly invitation: Invitation }[] = [];
  const relayed: InDialog[] = [];
  const left: { conversation: string; leg?: string | undefined; reason?: string | undefined }[] = [];
  const acknowledged: { conversation: string; leg: string; body?: SessionBody | undefined }[] = [];
  const cancelled: { invitation: string; reason?: string | undefined }[] = [];
  const progressed: { leg: string; status: number }[] = [];
  for (const [half, subject] of [
    ["originate", participating.originateSession],
    ["terminate", participating.terminateSession],
  ] as const) {
    await bus.serve(subject, {}, async (invitation: Invitation) => {
      invitations.push({ half, invitation });
      return (script[half] ?? (({ id }) => acceptedAs(id)))(invitation);
    });
  }
  await bus.serve(participating.relayInDialog, {}, async (input) => {
    relayed.push(input);
    return script.relay?.(input) ?? { status: 200, reason: "OK", headers: [] };
  });
  await bus.serve(participating.leaveSession, {}, async (input) => {
    left.push(input);
    return script.leave?.() ?? {};
  });
  await bus.serve(participating.takeAcknowledgement, {}, async (input) => {
    acknowledged.push(input);
    return script.takeAck?.() ?? {};
  });
  await bus.listen(sipEdge.inviteCancelled, {}, "test", async (fact) => void cancelled.push(fact));
  await bus.listen(sipEdge.legProgressed, {}, "test", async (fact) => void progressed.push(fact));

  const heard = { invitations, relayed, left, acknowledged, cancelled, progressed };
  const check = (...legs: string[]) => bus.request(sipEdge.checkLegs, { node: "n1" }, { legs });
  const progress = (leg: string, status: number) =>
    bus.request(sipEdge.progressLeg, { node: "n1" }, { leg, status, reason: "" });
  const fail = ({ subject }: { readonly subject: string }, failure: BusFailure) =>
    void failing.set(subject, failure);
  return { ...edge, ...heard, fail, heal: () => failing.clear(), dialogs, check, progress };
}

/** A bus on which some questions get no answer. */
function failingBus(bus: Bus, failing: ReadonlyMap<string, BusFailure>): Bus {
  return {
    request: (to, params, input) => {
      const failure = failing.get(to.subject);
      return failure ? Promise.reject(new BusError(failure, to.subject)) : bus.request(to, params, input);
    },
    publish: (to, params, fact) => bus.publish(to, params, fact),
    serve: (on, params, handle) => bus.serve(on, params, handle),
    listen: (on, params, queue, hear) => bus.listen(on, params, queue, hear),
    drain: () => bus.drain(),
  };
}

/** An INVITE with an offer, from Alice's device. */
export function invite(parts: Parts = {}): string {
  const more = parts.more ?? [];
  const has = (name: string) => more.some((line) => line.toLowerCase().startsWith(`${name}:`));
  const body = parts.body ?? offer;
  return request("INVITE", {
    ...parts,
    body,
    more: [
      ...more,
      ...(has("contact")
        ? []
        : ['Contact: <sip:alice@192.0.2.10:5062>;+g.oma.sip-im;+sip.instance="<urn:x>"']),
      ...(has("content-type") || body === "" ? [] : ["Content-Type: application/sdp"]),
    ],
  });
}

/** The part of an edge that a request is handed to. */
interface Receiving {
  readonly receive: (text: string, flow?: Flow) => Promise<SipResponse | undefined>;
}

/** The final answer to a request. */
export async function answerOf({ receive }: Receiving, text: string, flow?: Flow): Promise<SipResponse> {
  const answer = await (flow ? receive(text, flow) : receive(text));
  if (!answer) throw new Error("there is no answer");
  return answer;
}

/** A request inside a dialog. */
export const inDialog = (method: string, parts: Parts = {}) =>
  parsed(request(method, { to: "<sip:bob@example.com>;tag=us", ...parts }));

/** A leg as participating asks for it. */
export function legInvitation(
  parts: Partial<sipEdge.LegInvitation> = {},
  changes: Partial<Invitation> = {},
): sipEdge.LegInvitation {
  return {
    leg: "leg-1",
    conversation: "conversation-1",
    invitation: {
      id: "conversation-1",
      requestUri: "sip:bob@example.com",
      recipient: "sip:bob@example.com",
      sender: {
        kind: "local",
        aor: "sip:alice@example.com",
        asserted: ["<sip:alice@example.com>", "<tel:+15551>"],
      },
      from: '"Alice A." <sip:alice@example.com>;tag=a1',
      to: "<sip:bob@example.com>",
      maxForwards: 70,
      privacy: [],
      contactParams: ';+g.oma.sip-im;+sip.instance="<urn:x>"',
      headers: [],
      body: sdp(offer),
      receivedAtMs: 0,
      route: [],
      caller: { kind: "sip", node: "n1", incarnation: "i", leg: "caller" },
      ...changes,
    },
    requestUri: "sip:bob@192.0.2.20:5060",
    route: [],
    trusted: false,
    towards: "device",
    ringMs: 60_000,
    ...parts,
  };
}
