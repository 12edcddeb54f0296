import { Places, type Timer } from "@heliograph/kernel";
import {
  type Channel,
  createResponse,
  type Flow,
  formatMessage,
  type IncomingRequest,
  type InviteHearer,
  type InviteWatcher,
  type ListeningPoint,
  type NextHop,
  type Outcome,
  type SentInvite,
  type ServerTransaction,
  type SipRequest,
  type SipResponse,
  type SipStack,
  type Target,
} from "@heliograph/sip";
import { addVia } from "./add-via.js";
import type { FlowCertificate } from "./connection.js";
import { ConnectError } from "./dialler.js";
import { isReplyChannel } from "./intake.js";
import { OutgoingInvite } from "./outgoing-invite.js";
import { OutgoingRequest } from "./outgoing-request.js";
import type { Peer } from "./peer.js";
import type { StackSnapshot } from "./stack-counters.js";
import type { SipStackOptions } from "./stack-options.js";
import { type StackWiring, wireStack } from "./stack-wiring.js";

/**
 * SIP over sockets of this process: transports, transactions and RFC 3263 put together.
 *
 * @spec rfc3261#18 @spec rfc3263#4 @spec rfc5626#5
 */
export class NativeSipStack implements SipStack {
  readonly #wiring: StackWiring;
  readonly #onException: ((cause: unknown) => void) | undefined;
  readonly #outgoing = new Places<OutgoingRequest>();
  readonly #invites = new WeakMap<ServerTransaction, IncomingInvite>();
  #handle: (incoming: IncomingRequest) => void = (incoming) => this.#answer(incoming, 501);
  #hearClosed: (flow: Flow) => void = () => undefined;
  #isStopped = false;

  constructor(options: SipStackOptions) {
    this.#onException = options.onException;
    this.#wiring = wireStack(options, {
      onRequest: (request, transaction, channel) => this.#serve(request, transaction, channel),
      onOverload: (request) => this.#overloaded(request),
      onCancel: (transaction, reasons) => this.#watcherOf(transaction)?.onCancel(reasons),
      onAnswerLost: (transaction, reason) => this.#watcherOf(transaction)?.onAnswerLost(reason),
      flowClosed: (flow) => this.#hearClosed(flow),
      caught: (cause) => this.#caught(cause),
    });
  }

  get listeningPoints(): readonly ListeningPoint[] {
    return this.#wiring.transports.listeningPoints;
  }

  /** What was counted since the stack was made, and what is open now. */
  get snapshot(): StackSnapshot {
    return {
      ...this.#wiring.sending.counters,
      ...this.#wiring.sending.layer.counts,
      openConnections: this.#wiring.table.size,
      openTransactions: this.#wiring.sending.layer.openCount,
      liveTransactions: this.#wiring.sending.layer.serverCount + this.#wiring.sending.layer.clientCount,
    };
  }

  start(): Promise<void> {
    return this.#wiring.transports.start();
  }

  onRequest(handle: (incoming: IncomingRequest) => void): void {
    this.#handle = handle;
  }

  onFlowClosed(hear: (flow: Flow) => void): void {
    this.#hearClosed = hear;
  }

  flowOf(id: string): Flow | undefined {
    return this.#wiring.transports.peerOf(id);
  }

  /** The certificate that the far end of a TLS or WSS flow showed. */
  certificateOf(flowId: string): FlowCertificate | undefined {
    return this.#wiring.table.byId(flowId)?.certificate;
  }

  send(request: SipRequest, target: Target, options?: { readonly timeoutMs?: number }): Promise<Outcome> {
    if (this.#isStopped) return Promise.resolve({ kind: "unreachable", reason: "this server stops" });
    if (request.method === "ACK") return this.#sendAck(request, target);
    return new Promise((resolve) => {
      const outgoing = new OutgoingRequest(this.#wiring.sending, request, (outcome) => {
        this.#outgoing.leave(place);
        resolve(outcome);
      });
      const place = this.#outgoing.take(outgoing);
      if (options?.timeoutMs !== undefined) outgoing.limit(options.timeoutMs);
      this.#sendTo(outgoing, target);
    });
  }

  invite(request: SipRequest, target: Target, hearer: InviteHearer): SentInvite {
    const outgoing = new OutgoingInvite(this.#wiring.sending, request, hearer, (outcome) => {
      this.#outgoing.leave(place);
      if (outcome.kind !== "response" || outcome.response.status >= 300) hearer.onFailed(outcome);
    });
    const place = this.#outgoing.take(outgoing);
    if (this.#isStopped) outgoing.abandon("this server stops");
    else this.#sendTo(outgoing, target);
    return outgoing;
  }

  async drain(withinMs: number): Promise<void> {
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => {
      timer = this.#wiring.sending.clock.after(withinMs, resolve);
    });
    await Promise.race([this.#wiring.sending.layer.drain(), late]);
    timer?.cancel();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const outgoing of this.#outgoing.all()) outgoing.abandon("this server stops");
    this.#wiring.sending.layer.close();
    await this.#wiring.transports.stop();
  }

  #sendTo(outgoing: OutgoingRequest, target: Target): void {
    if (target.kind === "flow") this.#sendOver(outgoing, target.flowId);
    else this.#sendTowards(outgoing, target.uri);
  }

  #sendOver(outgoing: OutgoingRequest, flowId: string): void {
    const peer = this.#wiring.transports.peerOf(flowId);
    if (peer) outgoing.overFlow(peer);
    else outgoing.abandon("the flow is gone");
  }

  #sendTowards(outgoing: OutgoingRequest, uri: string): void {
    const hops = this.#wiring.hops.find(uri);
    if (hops instanceof Promise) void hops.then((found) => this.#sendAlong(outgoing, found));
    else this.#sendAlong(outgoing, hops);
  }

  #sendAlong(outgoing: OutgoingRequest, hops: readonly NextHop[]): void {
    if (hops.length === 0) this.#wiring.sending.counters.resolutionFailures += 1;
    outgoing.along(hops);
  }

  /**
   * An ACK for a 2xx is no transaction: it is sent, and that is all. Where nothing has to be looked up or connected it
   * leaves at once, before the BYE that may follow it.
   *
   * @spec rfc3261#13.2.2.4
   */
  async #sendAck(ack: SipRequest, target: Target): Promise<Outcome> {
    try {
      const found = this.#nearestPeer(target);
      const peer = found instanceof Promise ? await found : found;
      if (!peer) return { kind: "unreachable", reason: "there is no way to where the ACK belongs" };
      this.#wiring.sending.counters.requestsSent += 1;
      peer.send(formatMessage(addVia(ack, peer, this.#wiring.sending.chance)));
      return { kind: "silent" };
    } catch (cause) {
      if (cause instanceof ConnectError) return { kind: "unreachable", reason: cause.message };
      throw cause;
    }
  }

  #nearestPeer(target: Target): Peer | undefined | Promise<Peer | undefined> {
    if (target.kind === "flow") return this.#wiring.transports.peerOf(target.flowId);
    const hops = this.#wiring.hops.find(target.uri);
    return hops instanceof Promise ? hops.then(([hop]) => this.#peerFor(hop)) : this.#peerFor(hops[0]);
  }

  #peerFor(hop: NextHop | undefined): Peer | undefined | Promise<Peer> {
    if (!hop) return undefined;
    const { transports } = this.#wiring;
    if (hop.transport === "udp") return transports.udpPeer(hop);
    return transports.dialler.existing(hop) ?? transports.dialler.reach(hop);
  }

  #serve(request: SipRequest, transaction: ServerTransaction, channel: Channel): void {
    if (!isReplyChannel(channel)) throw new Error("a request came over a channel that was not made for it");
    const incoming =
      request.method === "INVITE"
        ? this.#openInvite(request, channel.flow, transaction)
        : new Incoming(request, channel.flow, transaction);
    try {
      this.#handle(incoming);
    } catch (cause) {
      this.#caught(cause);
      this.#answer(incoming, 500);
    }
  }

  #openInvite(request: SipRequest, flow: Flow, transaction: ServerTransaction): IncomingInvite {
    const invite = new IncomingInvite(request, flow, transaction);
    this.#invites.set(transaction, invite);
    return invite;
  }

  #watcherOf(transaction: ServerTransaction): InviteWatcher | undefined {
    return this.#invites.get(transaction)?.watcher;
  }

  /** A bug costs the message that met it, and not the process. */
  #caught(cause: unknown): void {
    this.#wiring.sending.counters.exceptions += 1;
    this.#onException?.(cause);
  }

  #answer(incoming: IncomingRequest, status: number): void {
    this.#wiring.sending.counters.ownResponses += 1;
    incoming.respond(
      createResponse(incoming.request, status, { toTag: this.#wiring.tags.of(incoming.request) }),
    );
  }

  /** No transaction is made for it, so an overload costs little. @spec rfc3261#21.5.4 */
  #overloaded(request: SipRequest): SipResponse {
    this.#wiring.sending.counters.overloadRefused += 1;
    this.#wiring.sending.counters.ownResponses += 1;
    return createResponse(request, 503, {
      toTag: this.#wiring.tags.of(request),
      headers: [["Retry-After", String(this.#wiring.limits.retryAfterS)]],
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

class IncomingInvite extends Incoming {
  watcher: InviteWatcher | undefined;

  watch(watcher: InviteWatcher): void {
    this.watcher = watcher;
  }
}
