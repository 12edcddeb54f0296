import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { Clock, Timer } from "@heliograph/kernel";
import { HopMemory } from "./hop-memory.js";
import type { Peer } from "./peer.js";
import type { UdpWatcher } from "./udp-watcher.js";

/** What probing needs of the listener whose port it shares. */
export interface UdpProbesParts {
  readonly clock: Clock;
  readonly isIpv6: boolean;
  readonly local: () => { readonly address: string; readonly port: number };
  readonly receive: (datagram: Buffer, from: RemoteInfo) => void;
  readonly onUnreachable: (peer: Peer, reason: string) => void;
}

interface Probe {
  readonly socket: Socket;
  /** Each with the flow that it sent over. */
  readonly watchers: Map<UdpWatcher, Peer>;
  /** Retransmissions from before the socket was connected; undefined once it is. */
  unsent: Uint8Array[] | undefined;
  /** The peer has sent something while we looked. */
  isHeard: boolean;
  readonly end: Timer;
}

const mostProbes = 64;
/** An ICMP error comes within a round trip, so a socket need not live to the next retransmission but one. */
const lingerMs = 3_000;
/** Who was heard by a probe is late and not gone: a closed probe loses what stands in it, so a busy peer has few. */
const aliveMs = 30_000;
/** All that a busy peer sends arrives at its probe. */
const receiveBufferBytes = 1 << 20;
const fatal: ReadonlySet<unknown> = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EPERM"]);

/**
 * Finds out by ICMP that a peer is gone. The kernel tells of ICMP errors only on a connected socket, so the first
 * retransmission to a peer that does not answer, and those after it, leave from one, bound to the listener's own port
 * so that the peer, and every NAT on the way, sees no difference. ADR-0004 has the reasons and the price.
 *
 * @spec rfc3261#18.4 @spec GEN-30
 */
export class UdpProbes {
  readonly #parts: UdpProbesParts;
  readonly #probes = new Map<string, Probe>();
  readonly #alive: HopMemory;

  constructor(parts: UdpProbesParts) {
    this.#parts = parts;
    this.#alive = new HopMemory(parts.clock);
  }

  /** Sends a retransmission to `peer`; false when there is no need or no room for a probe: it leaves the usual way. */
  send(bytes: Uint8Array, peer: Peer, watcher: UdpWatcher): boolean {
    const key = `${peer.remoteAddress} ${peer.remotePort}`;
    const known = this.#probes.get(key);
    if (!known && (this.#probes.size >= mostProbes || this.#alive.has(key))) return false;
    const probe = known ?? this.#open(key, peer);
    probe.watchers.set(watcher, peer);
    if (probe.unsent) probe.unsent.push(bytes);
    else probe.socket.send(bytes);
    return true;
  }

  close(): void {
    for (const key of this.#probes.keys()) this.#end(key);
  }

  #open(key: string, peer: Peer): Probe {
    const { isIpv6, clock, local, receive } = this.#parts;
    const socket = createSocket({
      type: isIpv6 ? "udp6" : "udp4",
      ipv6Only: isIpv6,
      reuseAddr: true,
      lookup: (address, _options, found) => found(null, address, isIpv6 ? 6 : 4),
    });
    const end = clock.after(lingerMs, () => this.#end(key));
    const probe: Probe = { socket, watchers: new Map(), unsent: [], isHeard: false, end };
    this.#probes.set(key, probe);
    socket.on("message", (datagram, from) => {
      probe.isHeard ||= from.address === peer.remoteAddress && from.port === peer.remotePort;
      receive(datagram, from);
    });
    socket.on("error", (error) => this.#failed(key, peer, error));
    socket.bind({ ...local(), exclusive: true }, () => {
      if (this.#probes.get(key) !== probe) return;
      socket.setRecvBufferSize(receiveBufferBytes);
      socket.connect(peer.remotePort, peer.remoteAddress, () => this.#connected(key, probe));
    });
    return probe;
  }

  #connected(key: string, probe: Probe): void {
    if (this.#probes.get(key) !== probe) return;
    for (const bytes of probe.unsent ?? []) probe.socket.send(bytes);
    probe.unsent = undefined;
  }

  #failed(key: string, peer: Peer, error: Error & { readonly code?: string }): void {
    const probe = this.#probes.get(key);
    if (!probe) return;
    this.#end(key);
    if (!fatal.has(error.code)) return;
    const reason = `${peer.remoteAddress}:${peer.remotePort} is not there: ${error.message}`;
    this.#parts.onUnreachable(peer, reason);
    for (const [watcher, theirs] of probe.watchers) watcher.unreachable(reason, theirs);
  }

  #end(key: string): void {
    const probe = this.#probes.get(key);
    if (!probe) return;
    this.#probes.delete(key);
    if (probe.isHeard) this.#alive.remember(key, aliveMs);
    probe.end.cancel();
    probe.socket.close();
  }
}
