import {
  type Anchor,
  type Bus,
  type Conversation,
  deferredStore,
  type Invitation,
  msrpRelay,
  participating,
  type SessionAnswer,
  type SessionBody,
  type sipCore,
  sipEdge,
} from "@heliograph/contracts";
import type { Legs } from "../src/sessions/legs.js";
import { alice, bob, carol, given, type Situation, text } from "./given.js";

const encoder = new TextEncoder();

/** Octets of a text. */
export const octets = (written: string): Uint8Array => encoder.encode(written);

/** A description with one message session; `lines` follow its path. */
export function sdp(
  lines: readonly string[] = [],
  { media = "m=message 2855 TCP/MSRP *", path = "msrp://192.0.2.9:2855/a;tcp" } = {},
): string {
  return [
    "v=0",
    "o=- 1 1 IN IP4 192.0.2.9",
    "s=-",
    "c=IN IP4 192.0.2.9",
    "t=0 0",
    media,
    `a=path:${path}`,
    "a=accept-types:*",
    ...lines,
    "",
  ].join("\r\n");
}

/** Alice and Bob in a session over nodes e1, e2 and r1; each test says only what differs. */
export function conversation(differs: Partial<Conversation> = {}): Conversation {
  return {
    id: "v1",
    purpose: "session",
    callerAor: alice,
    calleeAor: bob,
    caller: { kind: "sip", node: "e1", incarnation: "i1", leg: "leg-alice" },
    callee: { kind: "sip", node: "e2", incarnation: "i1", leg: "leg-bob" },
    anchor: { node: "r1", incarnation: "ri", session: "s1" },
    descriptions: { caller: octets(sdp(["a=alice"])), callee: octets(sdp(["a=bob"])) },
    startedAtMs: 1_699_999_000_000,
    ...differs,
  };
}

/** A body that is a description. */
export const sdpBody = (written = sdp()): SessionBody => ({
  type: "application/sdp",
  content: octets(written),
});

/** Alice invites Bob, over TLS, by node e1. */
export const invitation: Invitation = {
  id: "v1",
  requestUri: bob,
  recipient: bob,
  sender: { kind: "local", aor: alice, asserted: [`<${alice}>`] },
  from: `"Alice" <${alice}>;tag=f1`,
  to: `<${bob}>`,
  maxForwards: 70,
  privacy: [],
  contactParams: ";+g.oma.sip-im",
  headers: [["Subject", "hi"]],
  body: sdpBody(),
  receivedAtMs: 1_700_000_000_000,
  transport: "tls",
  route: [],
  caller: { kind: "sip", node: "e1", incarnation: "i1", leg: "leg-alice" },
};

/** Carol of another network invites Bob. */
export const fromCarol: Invitation = {
  ...invitation,
  sender: { kind: "claimed", aor: carol, asserted: [] },
  from: `<${carol}>;tag=c`,
};

/** The invitation as a large message. */
export const largeMessage: Invitation = {
  ...invitation,
  headers: [
    ["Accept-Contact", "*;+g.oma.sip-im.large-message;require;explicit"],
    ["Subject", "hi"],
  ],
};

/** What a device or a network does with an INVITE: its answer, or it rings until somebody gives up. */
type Rings = "accepts" | "rings" | "rings and accepts late" | sipEdge.LegAnswer | "dead node";

/** A final answer that is no 2xx. */
export const answeredWith = (status: number): sipEdge.LegAnswer => ({
  kind: "answered",
  status,
  reason: `reason ${status}`,
  headers: [],
});

type InDialogAnswer =
  | { status: number; body?: SessionBody; headers?: [string, string][] }
  | "silent"
  | "unreachable"
  /** A 200 with a description, a second later. */
  | "held back";
type SentInDialog = Awaited<ReturnType<Legs["send"]>>;
type AnchorReply =
  | { kind: "anchored"; anchor: Anchor; offers?: { tcp: Uint8Array; tls: Uint8Array; ws: Uint8Array } }
  | { kind: "refused"; status: number; reason: string };
type StoreReply =
  | "answers"
  | "down"
  | { refused: "quota-messages" | "not-allowed" | "too-large" | "nothing" };
type Translation = "translated" | "offer-again" | "gone" | { status: number; reason: string };

/** What differs from: Alice and Bob have every service, Bob one device that answers, the relay carries everything. */
export interface SessionSituation extends Situation {
  /** By contact user, or by `outside`. */
  readonly rings?: Record<string, Rings>;
  /** What devices answer in their 200, by contact user. */
  readonly answers200?: Record<string, SessionBody>;
  readonly relay?: "anchors" | "down" | { status: number; reason: string };
  /** In the order in which the relay is asked; the last is repeated. */
  readonly translations?: readonly Translation[];
  /** What the relay answers the caller with before there is a callee; null: it cannot. */
  readonly early?: string | null;
  /** What the relay makes of an answer of the callee, if not something that nobody can read. */
  readonly calleeSays?: string;
  readonly inDialog?: readonly InDialogAnswer[];
  readonly store?: StoreReply;
  /** References of a retrieval that name nothing. */
  readonly unknown?: readonly string[];
  /** Legs and anchored sessions that the nodes no longer have. */
  readonly missing?: readonly string[];
  /** Another one than `i1`, `ri` and `di`, in which conversations began: the nodes have started anew. */
  readonly incarnation?: string;
  /** How many questions about what it keeps a node does not answer, by node. */
  readonly hangs?: Readonly<Record<string, number>>;
  /** Legs without a final answer that e1 and e2 no longer have. */
  readonly gone?: readonly string[];
}

export const everyService: sipCore.Profile["services"] = [
  "pager",
  "session",
  "large-message",
  "conference",
  "file-transfer",
];

/** The service with neighbours that keep legs, anchor media and store. */
export async function givenSessions(situation: SessionSituation = {}) {
  const profiles = {
    [alice]: { services: everyService },
    [bob]: { services: everyService },
    ...situation.profiles,
  };
  const base = await given({ ...situation, profiles });
  const { bus, clock } = base;
  const checks = await checkDoubles(bus, situation);
  const edge = await edgeDouble(bus, situation, clock);
  const relay = await relayDouble(bus, situation);
  const store = await storeDouble(bus, situation);
  return {
    ...base,
    ...checks,
    ...edge,
    ...relay,
    ...store,
    conversations: base.state.conversations,
    originate: (one: Invitation) => bus.request(participating.originateSession, {}, one),
    terminate: (one: Invitation) => bus.request(participating.terminateSession, {}, one),
    leave: (input: { conversation: string; leg?: string; reason?: string }) =>
      bus.request(participating.leaveSession, {}, input),
    cancel: (reason?: string) =>
      bus.publish(sipEdge.inviteCancelled, {}, { invitation: "v1", ...(reason !== undefined && { reason }) }),
    progress: (leg: string, status: number) =>
      bus.publish(sipEdge.legProgressed, {}, { conversation: "v1", leg, status, reason: "x" }),
  };
}

async function edgeDouble(
  bus: Bus,
  { rings = {}, answers200 = {}, inDialog = [] }: SessionSituation,
  clock: { after(ms: number, run: () => void): unknown },
) {
  const invites: sipEdge.LegInvitation[] = [];
  const cancels: { leg: string; reason?: string | undefined }[] = [];
  const ends: { leg: string; reason?: string | undefined }[] = [];
  const progresses: { leg: string; status: number }[] = [];
  const acknowledged: { leg: string; body: SessionBody }[] = [];
  const requests: {
    leg: string;
    method: string;
    headers: [string, string][];
    body?: SessionBody | undefined;
  }[] = [];
  const waiting = new Map<string, (answer: sipEdge.LegAnswer) => void>();
  const userOf = ({ requestUri, towards }: sipEdge.LegInvitation) =>
    towards === "outside" ? "outside" : requestUri.replace(/^sips?:|@.*$/g, "");

  const accept = (node: string, invite: sipEdge.LegInvitation): sipEdge.LegAnswer => ({
    kind: "accepted",
    leg: { kind: "sip", node, incarnation: "i1", leg: invite.leg },
    contactParams: ";+g.oma.sip-im;isfocus",
    headers: [["Server", userOf(invite)]],
    body: answers200[userOf(invite)] ?? sdpBody(sdp([`a=answer-of:${userOf(invite)}`])),
  });

  for (const node of ["e1", "e2"]) {
    await bus.serve(sipEdge.inviteLeg, { node }, async (invite) => {
      invites.push(invite);
      const what = rings[userOf(invite)] ?? "accepts";
      if (what === "accepts") return accept(node, invite);
      if (what === "dead node") throw new Error("gone");
      if (typeof what !== "string") return what;
      return new Promise((resolve) => {
        waiting.set(invite.leg, what === "rings" ? resolve : () => resolve(accept(node, invite)));
        clock.after(invite.ringMs, () => resolve({ kind: "silent" }));
      });
    });
    await bus.serve(sipEdge.cancelLeg, { node }, async (cancel) => {
      cancels.push(cancel);
      waiting.get(cancel.leg)?.({ kind: "cancelled" });
      return {};
    });
    await bus.serve(sipEdge.endLeg, { node }, async (end) => {
      ends.push(end);
      return {};
    });
    await bus.serve(sipEdge.progressLeg, { node }, async (progress) => {
      progresses.push(progress);
      return {};
    });
    await bus.serve(sipEdge.acknowledgeLeg, { node }, async (ack) => {
      acknowledged.push(ack);
      return {};
    });
    await bus.serve(sipEdge.sendInDialog, { node }, async (request): Promise<SentInDialog> => {
      const what = inDialog[Math.min(requests.length, inDialog.length - 1)] ?? { status: 200 };
      requests.push(request);
      if (what === "silent") return { kind: "silent" };
      if (what === "held back") {
        await new Promise<void>((resolve) => void clock.after(1_000, resolve));
        return { kind: "answered", status: 200, reason: "OK", headers: [], body: sdpBody() };
      }
      if (what === "unreachable") return { kind: "unreachable", reason: "flow closed" };
      const { status, body, headers = [] } = what;
      return { kind: "answered", status, reason: `reason ${status}`, headers, ...(body && { body }) };
    });
  }
  /** A device that rings answers now. */
  const answerNow = (user: string, answer: sipEdge.LegAnswer | "accepts") => {
    const invite = invites.find((one) => userOf(one) === user);
    if (!invite) throw new Error(`${user} was not invited`);
    waiting.get(invite.leg)?.(answer === "accepts" ? accept("e1", invite) : answer);
  };
  return { invites, cancels, ends, progresses, acknowledged, requests, answerNow };
}

/** The nodes e1, e2, r1 and d1 say what they keep. What they are asked about, by node. */
async function checkDoubles(
  bus: Bus,
  { missing = [], incarnation, gone = [], hangs = {} }: SessionSituation,
) {
  const asked: { node: string; names: string[] }[] = [];
  const anchorsRenewed: string[] = [];
  const renewed: { node: string; legs: string[] }[] = [];
  const reply = async (node: string, own: string, names: string[]) => {
    asked.push({ node, names });
    const times = asked.filter((one) => one.node === node).length;
    if (times <= (hangs[node] ?? 0)) await new Promise(() => undefined);
    return { incarnation: incarnation ?? own, missing: names.filter((name) => missing.includes(name)) };
  };
  for (const node of ["e1", "e2"]) {
    await bus.serve(sipEdge.checkLegs, { node }, async ({ legs }) => reply(node, "i1", legs));
    await bus.serve(sipEdge.renewLegs, { node }, async ({ legs }) => {
      renewed.push({ node, legs });
      return { missing: legs.filter((leg) => gone.includes(leg)) };
    });
  }
  await bus.serve(deferredStore.checkLegs, { node: "d1" }, async ({ legs }) => reply("d1", "di", legs));
  await bus.serve(msrpRelay.renewSessions, { node: "r1" }, async ({ sessions }) => {
    anchorsRenewed.push(...sessions);
    return {};
  });
  await bus.serve(msrpRelay.checkSessions, { node: "r1" }, async ({ sessions }) =>
    reply("r1", "ri", sessions),
  );
  return { asked, renewed, anchorsRenewed };
}

async function relayDouble(
  bus: Bus,
  {
    relay = "anchors",
    translations = ["translated"],
    early = sdp(["a=early"]),
    calleeSays,
  }: SessionSituation,
) {
  const anchored: { conversation: string; offer?: Uint8Array | undefined; policy: msrpRelay.MediaPolicy }[] =
    [];
  const translated: { what: "offer" | "answer"; from: string; description: string; reach: string }[] = [];
  const closedSessions: string[] = [];
  if (relay !== "down") {
    await bus.serve(msrpRelay.anchorSession, {}, async (input): Promise<AnchorReply> => {
      anchored.push(input);
      if (relay !== "anchors") return { kind: "refused", ...relay };
      const anchor = { node: "r1", incarnation: "ri", session: `s-${input.conversation}-${anchored.length}` };
      const offer = (reach: string) => octets(`offer by ${reach}`);
      const offers = { tcp: offer("tcp"), tls: offer("tls"), ws: offer("ws") };
      return { kind: "anchored", anchor, ...(input.offer && { offers }) };
    });
  }
  let turn = 0;
  const nextOf = () => translations[Math.min(turn, translations.length - 1)] ?? "translated";
  const translate = (what: "offer" | "answer", from: string, given: Uint8Array, reach: string) => {
    const next = nextOf();
    turn += 1;
    translated.push({ what, from, description: text(given), reach });
    if (next === "gone") return { kind: "no-such-session" as const };
    if (typeof next !== "string") return { kind: "refused" as const, ...next };
    return { kind: "translated" as const, description: octets(`${next} ${what} by ${reach}`) };
  };
  await bus.serve(msrpRelay.translateOffer, { node: "r1" }, async ({ from, offer, reach }) =>
    translate("offer", from, offer, reach),
  );
  await bus.serve(msrpRelay.translateAnswer, { node: "r1" }, async ({ from, answer, reach }) => {
    const isAgain = nextOf() === "offer-again";
    const made = translate("answer", from, answer, reach);
    if (from === "callee" && calleeSays !== undefined && made.kind === "translated")
      return { ...made, description: octets(calleeSays) };
    return made.kind === "translated" && isAgain ? { ...made, kind: "offer-again" as const } : made;
  });
  await bus.serve(msrpRelay.answerForCallee, { node: "r1" }, async () =>
    early === null
      ? { kind: "no-such-session" as const }
      : { kind: "translated" as const, description: octets(early) },
  );
  await bus.serve(msrpRelay.closeSession, { node: "r1" }, async ({ session }) => {
    closedSessions.push(session);
    return {};
  });
  return { anchored, translated, closedSessions };
}

async function storeDouble(bus: Bus, { store = "answers", unknown = [] }: SessionSituation) {
  const received: Parameters<typeof recordReceived>[0][] = [];
  const retrieved: { conversation: string; owner: string; references: string[]; offer: Uint8Array }[] = [];
  const closedLegs: string[] = [];
  const recordReceived = (input: {
    owner: string;
    offer: Uint8Array;
    messages: "one" | "many";
    maxBytes: number;
    message: { id: string; callId: string; headers: [string, string][] };
  }) => received.push(input);
  const answer = () => {
    if (store === "down") throw new Error("no database");
    if (store !== "answers") return { kind: "refused" as const, reason: store.refused };
    const leg = { kind: "store" as const, node: "d1", incarnation: "di", leg: "leg-store" };
    return { kind: "answered" as const, leg, answer: octets(sdp(["a=recvonly"])) };
  };
  await bus.serve(deferredStore.receiveLargeMessage, {}, async (input) => {
    recordReceived(input);
    return answer();
  });
  await bus.serve(deferredStore.openRetrieval, {}, async (input) => {
    retrieved.push(input);
    const reply = answer();
    return reply.kind === "answered" ? { ...reply, unknown: [...unknown] } : reply;
  });
  await bus.serve(deferredStore.closeLeg, { node: "d1" }, async ({ leg }) => {
    closedLegs.push(leg);
    return {};
  });
  return { received, retrieved, closedLegs };
}

/** The text of the body of an accepted INVITE. */
export function descriptionIn(answer: SessionAnswer): string {
  return answer.kind === "accepted" && answer.body ? text(answer.body.content) : "";
}
