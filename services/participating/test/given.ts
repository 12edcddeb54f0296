import { createLocalBus } from "@heliograph/bus";
import {
  type Binding,
  type Bus,
  deferredStore,
  type PagerMessage,
  participating,
  sipCore,
  sipEdge,
} from "@heliograph/contracts";
import { loadConfig } from "@heliograph/runtime";
import { createMemoryState, type State } from "@heliograph/state";
import { Metrics } from "@heliograph/telemetry";
import { FakeClock, PredictableChance } from "@heliograph/testkit";
import { type Config, createParticipating, readConfig } from "../src/index.js";

export const alice = "sip:alice@a.example";
export const bob = "sip:bob@a.example";
export const carol = "sip:carol@b.example";

const encoder = new TextEncoder();

/** Hello from Alice to Bob, in plain text, received over TLS. */
export const hello: PagerMessage = {
  id: "m1",
  requestUri: bob,
  recipient: bob,
  sender: { kind: "local", aor: alice, asserted: [`<${alice}>`] },
  from: `"Alice" <${alice}>;tag=f1`,
  to: `<${bob}>`,
  callId: "c1",
  cseq: 1,
  maxForwards: 70,
  privacy: [],
  contentType: "text/plain",
  headers: [],
  body: encoder.encode("hello"),
  receivedAtMs: 1_700_000_000_000,
  sizeBytes: 400,
  transport: "tls",
  route: [],
};

/** A CPIM body; `headers` follow From and To. */
export function cpim(
  headers: readonly string[],
  content = "hello",
  contentHeaders = ["Content-Type: text/plain"],
): Uint8Array {
  const lines = [
    `From: Alice <${alice}>`,
    `To: <${bob}>`,
    "DateTime: 2026-01-01T00:00:00Z",
    "NS: imdn <urn:ietf:params:imdn>",
  ];
  return encoder.encode([...lines, ...headers, "", ...contentHeaders, "", content].join("\r\n"));
}

/** Alice's message in CPIM, asking for what `asked` says. */
export function asking(asked: string, id = "M1"): PagerMessage {
  const headers = [`imdn.Message-ID: ${id}`, `imdn.Disposition-Notification: ${asked}`];
  return { ...hello, contentType: "message/cpim", body: cpim(headers) };
}

/** Bob's report about Alice's message. */
export function imdnFromBob(
  status: "delivered" | "displayed",
  changes: Partial<PagerMessage> = {},
  headers: readonly string[] = [],
): PagerMessage {
  const kind = status === "delivered" ? "delivery" : "display";
  const document = `<imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>M1</message-id><datetime>2026-01-01T00:00:00Z</datetime><${kind}-notification><status><${status}/></status></${kind}-notification></imdn>`;
  const lines = [`From: <${bob}>`, `To: <${alice}>`, "imdn.Message-ID: I1", ...headers];
  const contentHeaders = ["Content-Type: message/imdn+xml", "Content-Disposition: notification"];
  return {
    ...hello,
    id: "n1",
    requestUri: alice,
    recipient: alice,
    sender: { kind: "local", aor: bob, asserted: [`<${bob}>`] },
    from: `<${bob}>;tag=g1`,
    to: `<${alice}>`,
    callId: "d1",
    contentType: "message/cpim",
    body: encoder.encode([...lines, "", ...contentHeaders, "", document].join("\r\n")),
    ...changes,
  };
}

export function profileOf(aor: string, changes: Partial<sipCore.Profile> = {}): sipCore.Profile {
  return {
    aor,
    isBarred: false,
    services: ["pager"],
    disabled: [],
    whenOffline: "defer",
    whenOnline: "deliver",
    allowsAnonymous: true,
    ...changes,
  };
}

export function binding(key: string, changes: Partial<Binding> = {}): Binding {
  return {
    kind: "device",
    key,
    contact: `sip:${key}@192.0.2.1:5060`,
    q: 1000,
    expiresAtMs: 1_800_000_000_000,
    callId: key,
    cseq: 1,
    path: [],
    params: [],
    node: "e1",
    flowId: `flow-${key}`,
    registeredAtMs: 1,
    ...changes,
  };
}

export type Outcome = sipEdge.LegOutcome | "never" | "stuck" | "dead node";

type StoreReply =
  | { kind: "stored"; isRepeat: boolean }
  | { kind: "refused"; reason: "quota-messages" | "quota-bytes" | "expired" }
  | "down";

export const answered = (status: number, headers: [string, string][] = []): sipEdge.LegOutcome => ({
  kind: "answered",
  status,
  reason: `reason ${status}`,
  headers,
});

/** What differs from: Alice and Bob are ours, Bob has one device `b1` that answers 200, the store takes everything. */
export interface Situation {
  readonly profiles?: Record<string, Partial<sipCore.Profile> | "unknown-user" | "foreign-domain">;
  readonly bindings?: readonly Binding[];
  /** Temporary GRUUs, by address, and the instance of Bob that each means. */
  readonly gruus?: Readonly<Record<string, string>>;
  readonly isQueued?: boolean;
  /** By contact user; the last one is repeated. */
  readonly answers?: Record<string, readonly Outcome[]>;
  readonly forwarded?: Outcome;
  readonly stored?: StoreReply;
  readonly config?: Partial<Config>;
  readonly state?: State;
  readonly clock?: FakeClock;
}

/** Live state sets room aside for as much as it may hold, which takes longer than most of these tests. */
const small = { maxNonces: 100, maxRecentMessages: 1_000, maxRateLimitKeys: 100 };

/** The service on a bus of its own, with neighbours that answer as the situation says. */
export async function given(situation: Situation = {}) {
  const clock = situation.clock ?? new FakeClock();
  const metrics = new Metrics();
  const logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };
  const bus = createLocalBus({ clock, logger, metrics, validate: true });
  const state = situation.state ?? createMemoryState({ clock, ...small });
  await state.registrations.change(bob, () => ({
    bindings: situation.bindings ?? [binding("b1")],
    reply: undefined,
  }));
  if (situation.isQueued) await state.queues.mark(bob);
  const world = await neighbours(bus, clock, situation);
  const config = { ...loadConfig({}, readConfig), ...situation.config };
  const service = createParticipating({
    bus,
    state,
    clock,
    chance: new PredictableChance(),
    metrics,
    logger,
    config,
  });
  await service.start();
  return {
    ...world,
    bus,
    clock,
    state,
    metrics,
    service,
    originate: (message: PagerMessage) => bus.request(participating.originatePagerMessage, {}, message),
    terminate: (message: PagerMessage) => bus.request(participating.terminatePagerMessage, {}, message),
    push: (message: PagerMessage) => bus.request(participating.pushDeferredMessage, {}, message),
    notify: (message: PagerMessage) => bus.request(participating.sendNotification, {}, message),
  };
}

type Profiled =
  | { kind: "subscriber"; profile: sipCore.Profile; instance?: string }
  | { kind: "unknown-user" }
  | { kind: "foreign-domain" };

async function neighbours(bus: Bus, clock: FakeClock, situation: Situation) {
  const legs: sipEdge.Leg[] = [];
  const forwards: sipEdge.Leg[] = [];
  const stores: { message: PagerMessage; owner: string; cause: string }[] = [];
  const lookUps: string[] = [];
  const profiles = situation.profiles ?? {};
  const turns = new Map<string, number>();
  await bus.serve(sipCore.lookUpProfile, {}, async ({ aor }): Promise<Profiled> => {
    lookUps.push(aor);
    const instance = situation.gruus?.[aor];
    if (instance !== undefined) return { kind: "subscriber", profile: profileOf(bob), instance };
    const wanted = profiles[aor];
    if (wanted === "unknown-user" || wanted === "foreign-domain") return { kind: wanted };
    if (wanted === undefined && aor !== alice && aor !== bob)
      return { kind: aor.endsWith("@a.example") ? "unknown-user" : "foreign-domain" };
    return { kind: "subscriber", profile: profileOf(aor, wanted) };
  });
  await bus.serve(sipEdge.sendPagerMessage, { node: "e1" }, async (leg) => {
    legs.push(leg);
    const user = leg.requestUri.replace(/^sip:|@.*$/g, "");
    const turn = turns.get(user) ?? 0;
    turns.set(user, turn + 1);
    const script = situation.answers?.[user] ?? [answered(200)];
    return play(script[Math.min(turn, script.length - 1)] ?? answered(200), leg, clock);
  });
  await bus.serve(sipEdge.forwardPagerMessage, {}, async (leg) => {
    forwards.push(leg);
    return play(situation.forwarded ?? answered(200), leg, clock);
  });
  await bus.serve(deferredStore.storeMessage, {}, async (input) => {
    const reply = situation.stored ?? { kind: "stored" as const, isRepeat: false };
    if (reply === "down") throw new Error("no database");
    stores.push(input);
    return reply;
  });
  return { legs, forwards, stores, lookUps };
}

/** `never`: silent until the leg's own time is over, as the edge would be; `stuck`: an edge that forgets the leg. */
function play(outcome: Outcome, leg: sipEdge.Leg, clock: FakeClock): Promise<sipEdge.LegOutcome> {
  if (outcome === "dead node") return Promise.reject(new Error("gone"));
  if (outcome === "stuck") return new Promise(() => undefined);
  if (outcome !== "never") return Promise.resolve(outcome);
  return new Promise((resolve) => clock.after(leg.timeoutMs, () => resolve({ kind: "silent" })));
}

/** Lets everything that waits for nothing but its turn run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

export const text = (octets: Uint8Array): string => new TextDecoder().decode(octets);
