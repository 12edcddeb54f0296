import { type Timer, TimerWheel } from "@heliograph/kernel";
import {
  type Channel,
  createResponse,
  type Flow,
  formatMessage,
  type IncomingRequest,
  type ListeningPoint,
  type NextHop,
  type Outcome,
  type ServerTransaction,
  type SipRequest,
  type SipResponse,
  type SipStack,
  type Target,
  TransactionLayer,
} from "@heliograph/sip";
import { addVia } from "./add-via.js";
import type { FlowCertificate } from "./connection.js";
import { ConnectionTable } from "./connection-table.js";
import { ConnectError } from "./dialler.js";
import { HopFinder } from "./hop-finder.js";
import { HopMemory } from "./hop-memory.js";
import { isReplyChannel, Intake } from "./intake.js";
import { OutgoingRequest } from "./outgoing-request.js";
import { NodeDns } from "./node-dns.js";
import type { Inbox, Peer } from "./peer.js";
import { PooledChance } from "./pooled-chance.js";
import type { Sending } from "./sending.js";
import { SourceRates } from "./source-rates.js";
import { newCounters, type StackSnapshot } from "./stack-counters.js";
import { defaultStackLimits, type StackLimits } from "./stack-limits.js";
import type { SipStackOptions } from "./stack-options.js";
import { SteadyTag } from "./steady-tag.js";
import { Transports } from "./transports.js";

/**
 * SIP over sockets of this process: transports, transactions and RFC 3263 put together.
 *
 * @spec rfc3261#18 @spec rfc3263#4 @spec rfc5626#5
 */
export class NativeSipStack implements SipStack {
  readonly #options: SipStackOptions;
  readonly #limits: StackLimits;
  readonly #counters = newCounters();
  readonly #tags = new SteadyTag();
  readonly #layer: TransactionLayer;
  readonly #table: ConnectionTable;
  readonly #transports: Transports;
  readonly #intake: Intake;
  readonly #sending: Sending;
  readonly #hops: HopFinder;
  readonly #outgoing = new Set<OutgoingRequest>();
  #handle: (incoming: IncomingRequest) => void = (incoming) => this.#answer(incoming, 501);
  #hearClosed: (flow: Flow) => void = () => undefined;
  #isStopped = false;

  constructor(options: SipStackOptions) {
    const limits = { ...defaultStackLimits, ...options.limits };
    const clock = options.clock ?? new TimerWheel();
    const chance = options.chance ?? new PooledChance();
    const counters = this.#counters;
    this.#options = options;
    this.#limits = limits;
    this.#layer = new TransactionLayer({
      clock,
      chance,
      limits: {
        maxServerTransactions: limits.maxTransactions,
        maxClientTransactions: limits.maxTransactions,
      },
      user: {
        onRequest: (request, transaction, channel) => this.#serve(request, transaction, channel),
        onMergedRequest: (request, transaction) => this.#refuseCopy(request, transaction),
        onStray: () => (counters.strayResponses += 1),
        onOverload: (request) => this.#overloaded(request),
      },
    });
    this.#table = new ConnectionTable({
      clock,
      counters,
      limits,
      onClosed: (flow) => this.#hearClosed(flow),
    });
    const rates = options.sourceRate && new SourceRates(clock, options.sourceRate);
    // The transports are made before what reads from them, which needs them to answer.
    const inbox: Inbox = {
      take: (bytes, peer) => {
        try {
          this.#intake.take(bytes, peer);
        } catch (cause) {
          this.#caught(cause);
        }
      },
      refuse: (malformed, peer) => this.#intake.refuse(malformed, peer),
    };
    const connection = { inbox, counters, clock, chance, limits, rates };
    this.#transports = new Transports(options, connection, this.#table);
    this.#intake = new Intake({
      layer: this.#layer,
      transports: this.#transports,
      counters,
      limits: options.limits,
      tags: this.#tags,
    });
    this.#hops = new HopFinder({
      dns: options.dns ?? new NodeDns(limits.dnsMs),
      clock,
      chance,
      limits,
      transports: this.#transports.usable,
    });
    this.#sending = {
      clock,
      chance,
      counters,
      layer: this.#layer,
      dialler: this.#transports.dialler,
      avoided: new HopMemory(clock),
      withoutTcp: new HopMemory(clock),
      udpPeer: (to) => this.#transports.udpPeer(to),
    };
  }

  get listeningPoints(): readonly ListeningPoint[] {
    return this.#transports.listeningPoints;
  }

  /** What was counted since the stack was made, and what is open now. */
  get snapshot(): StackSnapshot {
    return {
      ...this.#counters,
      ...this.#layer.counts,
      openConnections: this.#table.size,
      openTransactions: this.#layer.openCount,
      liveTransactions: this.#layer.serverCount + this.#layer.clientCount,
    };
  }

  start(): Promise<void> {
    return this.#transports.start();
  }

  onRequest(handle: (incoming: IncomingRequest) => void): void {
    this.#handle = handle;
  }

  onFlowClosed(hear: (flow: Flow) => void): void {
    this.#hearClosed = hear;
  }

  flowOf(id: string): Flow | undefined {
    return this.#transports.peerOf(id);
  }

  /** The certificate that the far end of a TLS or WSS flow showed. */
  certificateOf(flowId: string): FlowCertificate | undefined {
    return this.#table.byId(flowId)?.certificate;
  }

  send(request: SipRequest, target: Target, options?: { readonly timeoutMs?: number }): Promise<Outcome> {
    if (this.#isStopped) return Promise.resolve({ kind: "unreachable", reason: "this server stops" });
    if (request.method === "ACK") return this.#sendAck(request, target);
    return new Promise((resolve) => {
      const outgoing = new OutgoingRequest(this.#sending, request, (outcome) => {
        this.#outgoing.delete(outgoing);
        resolve(outcome);
      });
      this.#outgoing.add(outgoing);
      if (options?.timeoutMs !== undefined) outgoing.limit(options.timeoutMs);
      if (target.kind === "flow") this.#sendOver(outgoing, target.flowId);
      else this.#sendTowards(outgoing, target.uri);
    });
  }

  async drain(withinMs: number): Promise<void> {
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => {
      timer = this.#sending.clock.after(withinMs, resolve);
    });
    await Promise.race([this.#layer.drain(), late]);
    timer?.cancel();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const outgoing of this.#outgoing) outgoing.abandon("this server stops");
    this.#layer.close();
    await this.#transports.stop();
  }

  #sendOver(outgoing: OutgoingRequest, flowId: string): void {
    const peer = this.#transports.peerOf(flowId);
    if (peer) outgoing.overFlow(peer);
    else outgoing.abandon("the flow is gone");
  }

  #sendTowards(outgoing: OutgoingRequest, uri: string): void {
    const hops = this.#hops.find(uri);
    if (hops instanceof Promise) void hops.then((found) => this.#sendAlong(outgoing, found));
    else this.#sendAlong(outgoing, hops);
  }

  #sendAlong(outgoing: OutgoingRequest, hops: readonly NextHop[]): void {
    if (hops.length === 0) this.#counters.resolutionFailures += 1;
    outgoing.along(hops);
  }

  /** An ACK for a 2xx is no transaction: it is sent, and that is all. @spec rfc3261#13.2.2.4 */
  async #sendAck(ack: SipRequest, target: Target): Promise<Outcome> {
    try {
      const peer = target.kind === "flow" ? this.#transports.peerOf(target.flowId) : await this.#firstPeer(target.uri);
      if (!peer) return { kind: "unreachable", reason: "there is no way to where the ACK belongs" };
      this.#counters.requestsSent += 1;
      peer.send(formatMessage(addVia(ack, peer, this.#sending.chance)));
      return { kind: "silent" };
    } catch (cause) {
      if (cause instanceof ConnectError) return { kind: "unreachable", reason: cause.message };
      throw cause;
    }
  }

  async #firstPeer(uri: string): Promise<Peer | undefined> {
    const [hop] = await this.#hops.find(uri);
    if (!hop) return undefined;
    return hop.transport === "udp" ? this.#transports.udpPeer(hop) : await this.#transports.dialler.reach(hop);
  }

  #serve(request: SipRequest, transaction: ServerTransaction, channel: Channel): void {
    if (!isReplyChannel(channel)) throw new Error("a request came over a channel that was not made for it");
    const incoming = new Incoming(request, channel.flow, transaction);
    try {
      this.#handle(incoming);
    } catch (cause) {
      this.#caught(cause);
      this.#answer(incoming, 500);
    }
  }

  /** A bug costs the message that met it, and not the process. */
  #caught(cause: unknown): void {
    this.#counters.exceptions += 1;
    this.#options.onException?.(cause);
  }

  #refuseCopy(request: SipRequest, transaction: ServerTransaction): void {
    this.#counters.ownResponses += 1;
    transaction.respond(createResponse(request, 482, { toTag: this.#tags.of(request) }));
  }

  #answer(incoming: IncomingRequest, status: number): void {
    this.#counters.ownResponses += 1;
    incoming.respond(createResponse(incoming.request, status, { toTag: this.#tags.of(incoming.request) }));
  }

  /** No transaction is made for it, so an overload costs little. @spec rfc3261#21.5.4 */
  #overloaded(request: SipRequest): SipResponse {
    this.#counters.overloadRefused += 1;
    this.#counters.ownResponses += 1;
    return createResponse(request, 503, {
      toTag: this.#tags.of(request),
      headers: [["Retry-After", String(this.#limits.retryAfterS)]],
    });
  }
}

class Incoming implements IncomingRequest {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly #transaction: ServerTransaction;

  constructor(request: SipRequest, flow: Flow, transaction: ServerTransaction) {
    this.request = request;
    this.flow = flow;
    this.#transaction = transaction;
  }

  respond(response: SipResponse): void {
    this.#transaction.respond(response);
  }
}
