import {
  type Bus,
  type PagerMessage,
  participating,
  sipCore,
  sipEdge,
  type Submission,
} from "@heliograph/contracts";
import { createLocalBus } from "@heliograph/bus";
import { type Env, loadConfig } from "@heliograph/runtime";
import {
  type Dialogs,
  type Flow,
  type IncomingRequest,
  type ListeningPoint,
  type Outcome,
  type SentInvite,
  parseMessage,
  type SipRequest,
  SipRequest as Request,
  type SipResponse,
  type SipStack,
  type Target,
  type TransportName,
} from "@heliograph/sip";
import { Metrics } from "@heliograph/telemetry";
import { FakeClock, PredictableChance } from "@heliograph/testkit";
import { createSipEdge } from "../src/compose.js";
import { readConfig } from "../src/config.js";

/** A flow that a test sends over. */
export function flowFrom(address = "192.0.2.10", transport: TransportName = "udp", port = 5062): Flow {
  return {
    id: `${transport},${address},${port}`,
    transport,
    localAddress: "198.51.100.1",
    localPort: transport === "tls" ? 5061 : 5060,
    remoteAddress: address,
    remotePort: port,
  };
}

/** The scripted stack: hands in requests, records answers and what is sent. */
export class FakeStack implements SipStack {
  readonly listeningPoints: readonly ListeningPoint[] = [
    { transport: "udp", address: "198.51.100.1", port: 5060 },
    { transport: "tcp", address: "198.51.100.1", port: 5060 },
    { transport: "tls", address: "198.51.100.1", port: 5061 },
  ];
  readonly sent: {
    readonly request: SipRequest;
    readonly target: Target;
    readonly timeoutMs: number | undefined;
  }[] = [];
  readonly flows = new Map<string, Flow>();
  outcome: Outcome | ((request: SipRequest) => Outcome) = { kind: "silent" };
  state: "new" | "started" | "drained" | "stopped" = "new";
  #handle: (incoming: IncomingRequest) => void = () => undefined;
  #hearClosed: (flow: Flow) => void = () => undefined;

  start(): Promise<void> {
    this.state = "started";
    return Promise.resolve();
  }
  onRequest(handle: (incoming: IncomingRequest) => void): void {
    this.#handle = handle;
  }
  onFlowClosed(hear: (flow: Flow) => void): void {
    this.#hearClosed = hear;
  }
  flowOf(id: string): Flow | undefined {
    return this.flows.get(id);
  }
  send(request: SipRequest, target: Target, options?: { readonly timeoutMs?: number }): Promise<Outcome> {
    this.sent.push({ request, target, timeoutMs: options?.timeoutMs });
    return Promise.resolve(typeof this.outcome === "function" ? this.outcome(request) : this.outcome);
  }
  invite(): SentInvite {
    throw new Error("no INVITE is scripted");
  }
  drain(): Promise<void> {
    this.state = "drained";
    return Promise.resolve();
  }
  stop(): Promise<void> {
    this.state = "stopped";
    return Promise.resolve();
  }

  /** Hands in a request; the answers appear in the array that is returned. */
  receive(request: SipRequest, flow: Flow): SipResponse[] {
    const answers: SipResponse[] = [];
    this.flows.set(flow.id, flow);
    this.#handle({ request, flow, respond: (response) => void answers.push(response) });
    return answers;
  }
  close(flow: Flow): void {
    this.flows.delete(flow.id);
    this.#hearClosed(flow);
  }
}

/** What the other services would answer; each test says only what differs. */
export interface Others {
  register: (input: sipCore.Registration) => sipCore.RegisterReply;
  authenticate: (input: {
    credentials: string[];
    domain: string;
    method: string;
  }) =>
    | { kind: "authenticated"; identity: sipCore.Identity }
    | { kind: "challenge"; challenges: string[] }
    | { kind: "refused"; status: number; reason: string; headers: [string, string][] };
  originate: (message: PagerMessage) => Submission | Promise<Submission>;
  terminate: (message: PagerMessage) => Submission | Promise<Submission>;
  listDomains: () => sipCore.Domain[];
  lookUp: (aor: string) => "subscriber" | "unknown-user" | "foreign-domain";
}

export const alice: sipCore.Identity = {
  aor: "sip:alice@example.com",
  uris: ["sip:alice@example.com", "sip:ally@example.com", "tel:+15551"],
};
export const domains: sipCore.Domain[] = [
  { name: "example.com", aliases: ["example.org"] },
  { name: "[2001:db8::1]", aliases: [] },
];
export const challenge = 'Digest realm="example.com", nonce="n", algorithm=SHA-256, qop="auth"';
const accepted: Submission = { kind: "accepted", status: 200 };

/** An edge between a scripted stack and scripted services. */
export async function given(
  env: Env = {},
  others: Partial<Others> = {},
  options: {
    readonly isCoreAway?: boolean;
    readonly dialogs?: Dialogs;
    /** What its names begin with. */
    readonly prefix?: string;
    /** The bus as the edge sees it. */
    readonly seen?: (bus: Bus) => Bus;
  } = {},
) {
  const clock = new FakeClock();
  const stack = new FakeStack();
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const metrics = new Metrics();
  const bus = createLocalBus({ clock, logger, validate: true });
  const asked: { readonly subject: string; readonly input: unknown }[] = [];
  const script: Others = {
    register: () => ({
      kind: "registered",
      identity: alice,
      headers: [],
      expiresAtMs: clock.nowMs() + 3_600_000,
    }),
    authenticate: ({ credentials }) =>
      credentials.length > 0
        ? { kind: "authenticated", identity: alice }
        : { kind: "challenge", challenges: [challenge] },
    originate: () => accepted,
    terminate: () => accepted,
    listDomains: () => domains,
    lookUp: (aor) => (aor === "sip:bob@example.com" ? "subscriber" : "unknown-user"),
    ...others,
  };
  const note =
    <I, O>(subject: string, answer: (input: I) => O | Promise<O>) =>
    async (input: I) => {
      asked.push({ subject, input });
      return answer(input);
    };
  if (!options.isCoreAway) await serveCore(bus, script, note);
  await bus.serve(participating.originatePagerMessage, {}, note("originate", script.originate));
  await bus.serve(participating.terminatePagerMessage, {}, note("terminate", script.terminate));
  const config = loadConfig({ NODE_ID: "n1", SIP_NAMES: "edge.example.com", ...env }, readConfig);
  const edge = createSipEdge({
    bus: options.seen?.(bus) ?? bus,
    stack,
    clock,
    chance: new PredictableChance(options.prefix),
    telemetry: { logger, metrics },
    config,
    ...(options.dialogs && { dialogs: options.dialogs }),
  });
  await edge.start();

  const settle = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
  const receive = async (text: string, flow = flowFrom()): Promise<SipResponse | undefined> => {
    const answers = stack.receive(parsed(text), flow);
    await settle();
    return answers.at(-1);
  };
  const messages = () => asked.filter(({ subject }) => subject === "originate" || subject === "terminate");
  const lastMessage = (): PagerMessage => messages().at(-1)?.input as PagerMessage;
  const send = (leg: sipEdge.Leg) => bus.request(sipEdge.sendPagerMessage, { node: "n1" }, leg);
  const forward = (leg: sipEdge.Leg) => bus.request(sipEdge.forwardPagerMessage, {}, leg);
  return { edge, stack, bus, clock, metrics, asked, receive, settle, messages, lastMessage, send, forward };
}

type Note = <I, O>(subject: string, answer: (input: I) => O | Promise<O>) => (input: I) => Promise<O>;

async function serveCore(bus: Bus, script: Others, note: Note): Promise<void> {
  await bus.serve(sipCore.listDomains, {}, async () => ({ domains: script.listDomains() }));
  await bus.serve(sipCore.register, {}, note("register", script.register));
  await bus.serve(sipCore.authenticate, {}, note("authenticate", script.authenticate));
  await bus.serve(
    sipCore.closeFlow,
    {},
    note("close-flow", () => ({})),
  );
  await bus.serve(sipCore.lookUpProfile, {}, async ({ aor }) => {
    const kind = script.lookUp(aor);
    return kind === "subscriber" ? { kind, profile: profileOf(aor) } : { kind };
  });
}

const profileOf = (aor: string): sipCore.Profile => ({
  aor,
  isBarred: false,
  services: ["pager"],
  disabled: [],
  whenOffline: "defer",
  whenOnline: "deliver",
  allowsAnonymous: true,
});

/** A request as it would come from the wire. */
export function parsed(text: string): SipRequest {
  const parsed = parseMessage(new TextEncoder().encode(text.replace(/\r?\n/g, "\r\n")), {
    framing: "datagram",
  });
  if (!parsed.ok) throw new Error(`not a SIP message: ${parsed.error.reason}`);
  if (!(parsed.value instanceof Request)) throw new Error("not a request");
  return parsed.value;
}

/** Parts of a request that a test names; everything else is usual. */
export interface Parts {
  readonly uri?: string;
  readonly from?: string;
  readonly to?: string;
  readonly maxForwards?: string | undefined;
  readonly callId?: string;
  readonly cseq?: number;
  /** Further header fields, a line each. */
  readonly more?: readonly string[];
  readonly body?: string;
  readonly via?: readonly string[];
}

let branches = 0;

/** A request of any method from Alice's device. */
export function request(method: string, parts: Parts = {}): string {
  branches += 1;
  const { body = "" } = parts;
  const lines = [
    `${method} ${parts.uri ?? "sip:bob@example.com"} SIP/2.0`,
    `Via: SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bK${branches};rport`,
    ...(parts.via ?? []).map((via) => `Via: ${via}`),
    ...("maxForwards" in parts
      ? parts.maxForwards === undefined
        ? []
        : [`Max-Forwards: ${parts.maxForwards}`]
      : ["Max-Forwards: 70"]),
    `From: ${parts.from ?? "Alice <sip:alice@example.com>;tag=a1"}`,
    `To: ${parts.to ?? "<sip:bob@example.com>"}`,
    `Call-ID: ${parts.callId ?? `c${branches}@192.0.2.10`}`,
    `CSeq: ${parts.cseq ?? 1} ${method}`,
    ...(parts.more ?? []),
    `Content-Length: ${new TextEncoder().encode(body).length}`,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** A plain MESSAGE with a body. */
export function message(parts: Parts = {}): string {
  const more = parts.more ?? [];
  const hasType = more.some((line) => line.toLowerCase().startsWith("content-type:"));
  return request("MESSAGE", {
    body: "hello",
    ...parts,
    more: hasType ? more : [...more, "Content-Type: text/plain"],
  });
}

/** Credentials: the scripted registrar takes any. */
export const credentials =
  'Proxy-Authorization: Digest username="alice", realm="example.com", nonce="n", uri="sip:bob@example.com", response="r"';

/** A connection on which Alice has registered. */
export async function registered({
  receive,
}: {
  readonly receive: (text: string, flow: Flow) => Promise<SipResponse | undefined>;
}): Promise<Flow> {
  const flow = flowFrom("192.0.2.10", "tcp");
  await receive(
    request("REGISTER", {
      uri: "sip:example.com",
      to: "<sip:alice@example.com>",
      more: ["Contact: <sip:alice@192.0.2.10:5062;transport=tcp>"],
    }),
    flow,
  );
  return flow;
}

/** A leg as participating hands it over. */
export function leg(parts: Partial<sipEdge.Leg> = {}, changes: Partial<PagerMessage> = {}): sipEdge.Leg {
  return {
    message: {
      id: "m1",
      requestUri: "sip:bob@example.com",
      recipient: "sip:bob@example.com",
      sender: {
        kind: "local",
        aor: "sip:alice@example.com",
        asserted: ["<sip:alice@example.com>", "<tel:+15551>"],
      },
      from: "Alice <sip:alice@example.com>;tag=a1",
      to: "<sip:bob@example.com>",
      callId: "c1",
      cseq: 7,
      maxForwards: 70,
      privacy: [],
      contentType: "text/plain",
      headers: [],
      body: new TextEncoder().encode("hello"),
      receivedAtMs: 0,
      route: [],
      ...changes,
    },
    requestUri: "sip:bob@192.0.2.20:5060",
    route: [],
    trusted: false,
    timeoutMs: 8_000,
    ...parts,
  };
}
