import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Clock } from "@heliograph/kernel";
import type { ListeningPoint } from "@heliograph/sip";
import type { Inbox, Peer, SentBy } from "./peer.js";
import { sentByOf } from "./sent-by.js";
import type { SourceRates } from "./source-rates.js";
import type { StackCounters } from "./stack-counters.js";
import { answerBinding, isStun } from "./stun-binding.js";
import { type OutgoingDatagram, UdpOutbox } from "./udp-outbox.js";
import { UdpPeer, type UdpPort } from "./udp-peer.js";
import { UdpProbes } from "./udp-probes.js";
import type { UdpWatcher } from "./udp-watcher.js";

/** What a UDP listener is told. */
export interface UdpListenerParts {
  readonly address: string;
  readonly port: number;
  readonly advertise?: { readonly host: string; readonly port?: number };
  readonly inbox: Inbox;
  readonly counters: StackCounters;
  readonly rates: SourceRates | undefined;
  readonly clock: Clock;
  /** Hears of peers that ICMP says are gone; undefined not to ask. */
  readonly onUnreachable: ((peer: Peer, reason: string) => void) | undefined;
}

/** As much as the kernel gives (`net.core.rmem_max`): a burst waits there while the process is busy. */
const socketBufferBytes = 4 << 20;

/**
 * One UDP socket for SIP and for STUN keep-alives. ADR-0004 says why it is one.
 *
 * @spec rfc3261#18.2.1 @spec rfc5626#8
 */
export class UdpListener implements ListeningPoint, UdpPort {
  readonly transport = "udp";
  readonly address: string;
  readonly isIpv6: boolean;
  port: number;
  sentBy: SentBy;
  readonly #parts: UdpListenerParts;
  readonly #socket: Socket;
  readonly #probes: UdpProbes | undefined;
  readonly #outbox = new UdpOutbox((datagram) => this.#sendNow(datagram));
  #isOpen = false;

  constructor(parts: UdpListenerParts) {
    this.#parts = parts;
    this.address = parts.address;
    this.port = parts.port;
    this.isIpv6 = isIPv6(parts.address);
    this.sentBy = sentByOf(this, parts.advertise);
    this.#socket = createSocket({
      type: this.isIpv6 ? "udp6" : "udp4",
      reuseAddr: parts.onUnreachable !== undefined,
      ipv6Only: this.isIpv6,
      // Only addresses are ever sent to: a look-up would cost every datagram a turn of the event loop.
      lookup: (address, _options, found) => found(null, address, this.isIpv6 ? 6 : 4),
    });
    this.#socket.on("message", (datagram, from) => this.#receive(datagram, from));
    this.#probes = parts.onUnreachable && this.#probesTelling(parts.onUnreachable);
  }

  /** Opens the socket. */
  async start(): Promise<void> {
    // Probes share the port, and so could another server: that it is free has to be made sure of first.
    if (this.#probes && this.port !== 0) await this.#assertFree();
    await bound(this.#socket, this);
    this.#isOpen = true;
    this.#socket.on("error", () => (this.#parts.counters.sendErrors += 1));
    this.port = this.#socket.address().port;
    this.sentBy = sentByOf(this, this.#parts.advertise);
    this.#socket.setRecvBufferSize(socketBufferBytes);
    this.#socket.setSendBufferSize(socketBufferBytes);
  }

  /** The flow to an address from here. */
  peer(address: string, port: number): UdpPeer {
    return new UdpPeer(this, address, port);
  }

  send(bytes: Uint8Array, to: UdpPeer, onError?: (reason: string) => void): void {
    if (!this.#isOpen) {
      if (onError) queueMicrotask(() => onError("the UDP socket is closed"));
      return;
    }
    this.#outbox.put({ bytes, to, onError });
  }

  resend(bytes: Uint8Array, to: UdpPeer, watcher: UdpWatcher): boolean {
    return this.#isOpen && this.#probes !== undefined && this.#probes.send(bytes, to, watcher);
  }

  async stop(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#outbox.flush();
    this.#probes?.close();
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  #sendNow({ bytes, to, onError }: OutgoingDatagram): void {
    this.#socket.send(bytes, to.sendPort, to.remoteAddress, (error) => {
      if (!error) return;
      this.#parts.counters.sendErrors += 1;
      onError?.(`sending to ${to.remoteAddress}:${to.sendPort} failed: ${error.message}`);
    });
  }

  #probesTelling(onUnreachable: (peer: Peer, reason: string) => void): UdpProbes {
    return new UdpProbes({
      clock: this.#parts.clock,
      isIpv6: this.isIpv6,
      local: () => ({ address: this.address, port: this.port }),
      receive: (datagram, from) => this.#receive(datagram, from),
      onUnreachable,
    });
  }

  async #assertFree(): Promise<void> {
    const socket = createSocket({ type: this.isIpv6 ? "udp6" : "udp4", ipv6Only: this.isIpv6 });
    await bound(socket, this);
    await new Promise<void>((resolve) => socket.close(resolve));
  }

  #receive(datagram: Buffer, from: RemoteInfo): void {
    const { counters, rates, inbox } = this.#parts;
    if (rates && !rates.admit(from.address)) {
      counters.floodDropped += 1;
      return;
    }
    if (isStun(datagram)) return this.#answerStun(datagram, from);
    if (isKeepAlive(datagram)) {
      counters.keepAlives += 1;
      return;
    }
    inbox.take(datagram, new UdpPeer(this, from.address, from.port));
  }

  #answerStun(datagram: Uint8Array, from: RemoteInfo): void {
    const answer = answerBinding(datagram, from.address, from.port);
    if (!answer) {
      this.#parts.counters.malformedDropped += 1;
      return;
    }
    this.#parts.counters.stunBindings += 1;
    this.send(answer, this.peer(from.address, from.port));
  }
}

function bound(socket: Socket, at: { readonly address: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address: at.address, port: at.port, exclusive: true }, () => {
      socket.off("error", reject);
      resolve();
    });
  });
}

/** Many clients keep their NAT binding alive with a datagram of CRLF or NUL, which nobody has to answer. */
function isKeepAlive(datagram: Uint8Array): boolean {
  if (datagram.length > 4) return false;
  return datagram.every((octet) => octet === 0x0d || octet === 0x0a || octet === 0);
}
