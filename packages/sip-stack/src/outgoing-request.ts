import type { Timer } from "@heliograph/kernel";
import {
  type ClientTransaction,
  type NextHop,
  type Outcome,
  type SipRequest,
  type SipResponse,
  timerF,
} from "@heliograph/sip";
import { addVia, sizeOf } from "./add-via.js";
import { isConnected, type Peer } from "./peer.js";
import type { Sending } from "./sending.js";
import { UdpPeer } from "./udp-peer.js";
import type { UdpWatcher } from "./udp-watcher.js";

/** A request above this size leaves UDP, as the path's MTU is not known. @spec rfc3261#18.1.1 @spec GEN-45 */
const largestUdpRequest = 1_300;
/** A hop that did not answer or had no connection to offer is tried after the others for this long. */
const avoidFailedMs = 30_000;
/** A UDP peer that refused a TCP connection is not asked again for this long. */
const avoidTcpMs = 600_000;

/**
 * One request of ours on its way: over a flow, or along a list of hops, one client transaction for each try, until
 * there is an outcome.
 *
 * @spec rfc3263#4.3 @spec rfc3261#8.1.2 @spec SC-06
 */
export class OutgoingRequest implements UdpWatcher {
  readonly #sending: Sending;
  readonly #request: SipRequest;
  readonly #finish: (outcome: Outcome) => void;
  #hops: readonly NextHop[] = [];
  #next = 0;
  #transaction: ClientTransaction | undefined;
  #peer: Peer | undefined;
  #hasProvisional = false;
  #hearer: ((reason: string) => void) | undefined;
  #best: Outcome = { kind: "unreachable", reason: "the URI leads nowhere" };
  #deadline: Timer | undefined;
  #isOver = false;

  constructor(sending: Sending, request: SipRequest, finish: (outcome: Outcome) => void) {
    this.#sending = sending;
    this.#request = request;
    this.#finish = finish;
  }

  /** Gives up after `ms` milliseconds, whatever is being tried. */
  limit(ms: number): void {
    this.#deadline = this.#sending.clock.after(ms, () => {
      this.#transaction?.cancel();
      this.#end({ kind: "silent" });
    });
  }

  /** Sends over this flow; what is too large for UDP asks the same address for TCP first. @spec R-sip-stack-1 */
  overFlow(peer: Peer): void {
    if (peer.transport !== "udp" || sizeOf(this.#request) <= largestUdpRequest) return this.#start(peer);
    this.#overTcpInstead(peer);
  }

  /** Sends along `hops` until one answers, those that are to be avoided last. @spec R-sip-stack-2 */
  along(hops: readonly NextHop[]): void {
    const { avoided } = this.#sending;
    const open = hops.filter((hop) => !avoided.has(nameOf(hop)));
    this.#hops = open.length === hops.length ? hops : [...open, ...hops.filter((hop) => !open.includes(hop))];
    this.#tryNext();
  }

  /** CANCEL for an INVITE, and no further hop; what is not on its way yet is over at once. @spec rfc3261#9.1 */
  protected giveUp(reason: string | undefined): void {
    this.#hops = [];
    if (this.#transaction) this.#transaction.sendCancel(reason);
    else this.#end({ kind: "silent" });
  }

  /** Where it has been sent and is not answered yet. */
  protected get peer(): Peer | undefined {
    return this.#peer;
  }

  /** Ends with what there is. */
  abandon(reason: string): void {
    this.#transaction?.cancel();
    this.#end({ kind: "unreachable", reason });
  }

  onResponse(response: SipResponse): void {
    if (response.status < 200) {
      this.#hasProvisional = true;
      return;
    }
    const outcome: Outcome = { kind: "response", response };
    if (response.status !== 503) return this.#end(outcome);
    this.#avoid(Number.parseInt(response.headers.get("retry-after") ?? "", 10) * 1_000);
    this.#fail(outcome);
  }

  onTimeout(): void {
    const outcome: Outcome = { kind: "silent" };
    if (this.#hasProvisional) return this.#end(outcome);
    this.#avoid(avoidFailedMs);
    this.#fail(outcome);
  }

  onTransportError(reason: string): void {
    this.#avoid(avoidFailedMs);
    this.#fail({ kind: "unreachable", reason });
  }

  #tryNext(): void {
    const hop = this.#hops[this.#next];
    if (!hop) return this.#end(this.#best);
    this.#next += 1;
    if (hop.transport !== "udp")
      return this.#connect(hop, (reason) => this.#isOver || this.onTransportError(reason));
    const peer = this.#sending.udpPeer(hop);
    if (!peer)
      return this.#fail({ kind: "unreachable", reason: "no UDP socket of this address family is open" });
    this.overFlow(peer);
  }

  #overTcpInstead(peer: Peer): void {
    const { counters, withoutTcp } = this.#sending;
    const hop: NextHop = {
      transport: "tcp",
      address: peer.remoteAddress,
      port: peer.remotePort,
      domain: peer.remoteAddress,
    };
    if (withoutTcp.has(nameOf(hop))) return this.#start(peer);
    counters.switchedToTcp += 1;
    this.#connect(hop, () => {
      // Also when this request is over by now: the next one has no time to find out again.
      withoutTcp.remember(nameOf(hop), avoidTcpMs);
      if (this.#isOver) return;
      counters.returnedToUdp += 1;
      this.#start(peer);
    });
  }

  #connect(hop: NextHop, failed: (reason: string) => void): void {
    const existing = this.#sending.dialler.existing(hop);
    if (existing) return this.#start(existing);
    this.#sending.dialler.reach(hop).then(
      (connection) => this.#start(connection),
      (cause: Error) => failed(cause.message),
    );
  }

  #start(peer: Peer): void {
    if (this.#isOver) return;
    const { chance, counters, layer } = this.#sending;
    this.#peer = peer;
    this.#hasProvisional = false;
    counters.requestsSent += 1;
    if (isConnected(peer)) peer.hearClose(this.#connectionClosed);
    else if (peer instanceof UdpPeer) peer.watcher = this;
    this.#transaction = layer.request(addVia(this.#request, peer, chance), peer, this);
  }

  /**
   * Nobody can answer on a connection that is gone: that is known now and not after Timer F.
   *
   * @spec rfc3261#18.4 @spec R-sip-stack-3
   */
  unreachable(reason: string, peer: Peer): void {
    if (this.#isOver || peer !== this.#peer) return;
    this.#transaction?.cancel();
    this.onTransportError(reason);
  }

  get #connectionClosed(): (reason: string) => void {
    return (this.#hearer ??= (reason) => this.#peer && this.unreachable(reason, this.#peer));
  }

  #avoid(ms: number): void {
    const hop = this.#hops[this.#next - 1];
    if (hop && ms > 0) this.#sending.avoided.remember(nameOf(hop), Math.min(ms, 10 * timerF));
  }

  #fail(outcome: Outcome): void {
    this.#leave();
    if (rankOf(outcome) >= rankOf(this.#best)) this.#best = outcome;
    if (this.#next >= this.#hops.length) return this.#end(this.#best);
    this.#sending.counters.failovers += 1;
    this.#tryNext();
  }

  #leave(): void {
    if (this.#peer && isConnected(this.#peer)) this.#peer.ignoreClose(this.#connectionClosed);
    else if (this.#peer instanceof UdpPeer) this.#peer.watcher = undefined;
    this.#peer = undefined;
    this.#transaction = undefined;
  }

  #end(outcome: Outcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leave();
    this.#deadline?.cancel();
    this.#finish(outcome);
  }
}

function nameOf({ transport, address, port }: NextHop): string {
  return `${transport} ${address} ${port}`;
}

/** What tells the caller most: an answer, even a refusal, before silence, before no way there. */
function rankOf({ kind }: Outcome): number {
  return kind === "response" ? 2 : kind === "silent" ? 1 : 0;
}
