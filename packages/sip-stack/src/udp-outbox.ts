import type { UdpPeer } from "./udp-peer.js";

/** A datagram and where it goes. */
export interface OutgoingDatagram {
  readonly bytes: Uint8Array;
  readonly to: UdpPeer;
  readonly onError: ((reason: string) => void) | undefined;
}

/**
 * Keeps what is to be sent until the event loop's turn has taken all that came in, and sends it in one go: to wake a
 * process that sleeps costs five times what sending costs, and only the first of several datagrams wakes it (ADR-0004).
 * The order stays.
 */
export class UdpOutbox {
  #waiting: OutgoingDatagram[] = [];

  constructor(private readonly send: (datagram: OutgoingDatagram) => void) {}

  put(datagram: OutgoingDatagram): void {
    if (this.#waiting.push(datagram) === 1) setImmediate(() => this.flush());
  }

  /** Sends what waits now. */
  flush(): void {
    const leaving = this.#waiting;
    this.#waiting = [];
    for (const datagram of leaving) this.send(datagram);
  }
}
