import { FakeClock, PredictableChance } from "@heliograph/testkit";
import {
  type Channel,
  type ClientUser,
  createResponse,
  type Flow,
  formatMessage,
  type IncomingRequest,
  type InviteHearer,
  type InviteWatcher,
  type Outcome,
  parseMessage,
  parseUri,
  type SentInvite,
  type ServerTransaction,
  type SipRequest,
  type SipResponse,
  type SipStack,
  type Target,
  TransactionLayer,
  type TransportName,
} from "@heliograph/sip";

/** How often a datagram arrives, and after how many milliseconds each time: [] loses it. */
export type Fate = (text: string, from: string) => readonly number[];

/** A message on the network, as tests look at it. */
export interface Sighting {
  readonly from: string;
  readonly to: string;
  /** Method or status, and the CSeq method of a response. */
  readonly what: string;
  readonly text: string;
  readonly atMs: number;
}

const decoder = new TextDecoder();

/** A network of fake stacks: real transactions, a fake clock, and a fate for every message. */
export class FakeNetwork {
  readonly clock = new FakeClock();
  readonly seen: Sighting[] = [];
  readonly #nodes = new Map<string, FakeNode>();
  fate: Fate = () => [1];

  node(host: string, transport: TransportName = "udp"): FakeNode {
    const node = new FakeNode(this, host, transport);
    this.#nodes.set(host, node);
    return node;
  }

  has(host: string): boolean {
    return this.#nodes.has(host);
  }

  carry(from: FakeNode, to: string, bytes: Uint8Array): void {
    const text = decoder.decode(bytes);
    const what = whatIs(text);
    if (this.seen.push({ from: from.host, to, what, text, atMs: this.clock.monotonicMs() }) > 20_000) {
      throw new Error("sends without end");
    }
    const copy = bytes.slice();
    for (const delayMs of this.fate(text, from.host)) {
      this.clock.after(delayMs, () => this.#nodes.get(to)?.take(copy, from.host));
    }
  }

  /** What went over the network, as `alice>bob INVITE`. */
  get lines(): string[] {
    return this.seen.map(({ from, to, what }) => `${from}>${to} ${what}`);
  }

  /** Messages of one kind: `what` as in {@link lines}, or a sender's. */
  all(what: string, from?: string): Sighting[] {
    return this.seen.filter((one) => one.what === what && (from === undefined || one.from === from));
  }

  /** Lets time pass in steps, with what promises have to do in between. */
  async pass(ms: number, stepMs = 50): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, ms - passed));
      await flush();
    }
  }
}

/** Lets promises go on that wait for nothing but one another. */
async function flush(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

function whatIs(text: string): string {
  if (!text.startsWith("SIP/2.0")) return text.slice(0, text.indexOf(" "));
  return `${text.slice(8, 11)} ${/^CSeq: \d+ (\w+)/im.exec(text)?.[1]}`;
}

/** One stack on the network: it implements the SIP port with the transactions of this package. */
export class FakeNode implements Pick<SipStack, "send" | "invite" | "flowOf"> {
  readonly layer: TransactionLayer;
  readonly closed = new Set<string>();
  /** INVITEs that this node sends are cut off from their answers. */
  onRequest: (incoming: IncomingRequest) => void = () => undefined;
  readonly #invites = new WeakMap<ServerTransaction, InviteWatcher>();
  readonly #chance: PredictableChance;

  constructor(
    readonly network: FakeNetwork,
    readonly host: string,
    readonly transport: TransportName,
  ) {
    this.#chance = new PredictableChance(`z9hG4bK${host}`);
    this.layer = new TransactionLayer({
      clock: network.clock,
      chance: new PredictableChance(`${host}-tx`),
      user: {
        onRequest: (request, transaction, channel) => this.#serve(request, transaction, channel),
        onStray: () => undefined,
        onCancel: (transaction, reasons) => this.#invites.get(transaction)?.onCancel(reasons),
        onAnswerLost: (transaction, reason) => this.#invites.get(transaction)?.onAnswerLost(reason),
      },
    });
  }

  take(bytes: Uint8Array, from: string): void {
    const parsed = parseMessage(bytes, { framing: "datagram" });
    if (!parsed.ok) throw new Error(`${this.host} got what it cannot read: ${parsed.error.rule}`);
    this.layer.receive(parsed.value, this.#channel(from));
  }

  flowOf(id: string): Flow | undefined {
    return this.closed.has(id) ? undefined : this.flow(id.slice(id.indexOf(",") + 1));
  }

  flow(to: string): Flow {
    return {
      id: `${this.transport},${to}`,
      transport: this.transport,
      localAddress: this.host,
      localPort: 5060,
      remoteAddress: to,
      remotePort: 5060,
    };
  }

  send(request: SipRequest, target: Target, options: { readonly timeoutMs?: number } = {}): Promise<Outcome> {
    const to = this.#hostOf(target);
    if (to === undefined) return Promise.resolve({ kind: "unreachable", reason: "nobody is there" });
    const outgoing = this.#withVia(request);
    if (request.method === "ACK") {
      this.network.carry(this, to, formatMessage(outgoing));
      return Promise.resolve({ kind: "silent" });
    }
    return new Promise((resolve) => {
      const transaction = this.layer.request(outgoing, this.#channel(to), {
        onResponse: (response) => response.status >= 200 && resolve({ kind: "response", response }),
        onTimeout: () => resolve({ kind: "silent" }),
        onTransportError: (reason) => resolve({ kind: "unreachable", reason }),
      });
      const { timeoutMs } = options;
      if (timeoutMs === undefined) return;
      this.network.clock.after(timeoutMs, () => {
        transaction.cancel();
        resolve({ kind: "silent" });
      });
    });
  }

  invite(request: SipRequest, target: Target, hearer: InviteHearer): SentInvite {
    const to = this.#hostOf(target);
    if (to === undefined) {
      this.network.clock.after(0, () => hearer.onFailed({ kind: "unreachable", reason: "nobody is there" }));
      return { cancel: () => undefined };
    }
    const user: ClientUser = {
      onResponse: (response: SipResponse) => {
        if (response.status < 300) hearer.onResponse(response, this.flow(to));
        else hearer.onFailed({ kind: "response", response });
      },
      onTimeout: () => hearer.onFailed({ kind: "silent" }),
      onTransportError: (reason) => hearer.onFailed({ kind: "unreachable", reason }),
    };
    const transaction = this.layer.request(this.#withVia(request), this.#channel(to), user);
    return { cancel: (reason) => transaction.sendCancel(reason) };
  }

  #serve(request: SipRequest, transaction: ServerTransaction, channel: Channel): void {
    const flow = this.flow(channelHosts.get(channel) ?? "");
    const isInvite = request.method === "INVITE";
    this.onRequest({
      request,
      flow,
      respond: (response) => transaction.respond(response),
      ...(isInvite && { watch: (watcher: InviteWatcher) => void this.#invites.set(transaction, watcher) }),
    });
  }

  #withVia(request: SipRequest): SipRequest {
    const transport = this.transport.toUpperCase();
    const via = `SIP/2.0/${transport} ${this.host};branch=${this.#chance.token()}`;
    return request.with({ headers: request.headers.prepend("Via", via) });
  }

  #channel(to: string): Channel {
    const channel = {
      isReliable: this.transport !== "udp",
      send: (bytes: Uint8Array) => this.network.carry(this, to, bytes),
    };
    channelHosts.set(channel, to);
    return channel;
  }

  #hostOf(target: Target): string | undefined {
    if (target.kind === "flow") {
      return this.closed.has(target.flowId) ? undefined : target.flowId.slice(target.flowId.indexOf(",") + 1);
    }
    const uri = parseUri(target.uri);
    const host = uri.ok && "host" in uri.value ? uri.value.host : undefined;
    return host !== undefined && this.network.has(host) ? host : undefined;
  }
}

const channelHosts = new WeakMap<Channel, string>();

/** Answers without any dialog: what a peer that is not ours would say. */
export function plainAnswer(
  incoming: IncomingRequest,
  status: number,
  parts: {
    readonly tag?: string;
    readonly headers?: readonly (readonly [string, string])[];
    readonly body?: string;
  } = {},
): void {
  incoming.respond(
    createResponse(incoming.request, status, {
      toTag: parts.tag ?? "plain",
      headers: parts.headers ?? [],
      ...(parts.body !== undefined && { body: new TextEncoder().encode(parts.body) }),
    }),
  );
}
