import { isIP } from "node:net";
import type { Flow } from "@heliograph/sip";
import type { Peer, SentBy } from "./peer.js";
import type { UdpWatcher } from "./udp-watcher.js";

/** The near end of a UDP flow: the socket that datagrams leave from. */
export interface UdpPort {
  readonly address: string;
  readonly port: number;
  readonly sentBy: SentBy;
  send(bytes: Uint8Array, to: UdpPeer, onError?: (reason: string) => void): void;
  /** Sends a retransmission so that an ICMP error is heard of; false when it has to be sent the usual way. */
  resend(bytes: Uint8Array, to: UdpPeer, watcher: UdpWatcher): boolean;
}

/** The far end of a UDP flow: nothing but a pair of addresses. @spec rfc5626#3.1 */
export class UdpPeer implements Peer {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /**
   * Where datagrams to the peer go: the port it sends from, unless a request came without rport and its Via names
   * another one for the response.
   *
   * @spec rfc3261#18.2.2
   */
  sendPort: number;
  /** Who waits for the answer to a request; set for those that are sent and not for answers. */
  watcher: UdpWatcher | undefined = undefined;
  readonly #near: UdpPort;
  #hasSent = false;

  constructor(near: UdpPort, remoteAddress: string, remotePort: number) {
    this.#near = near;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
    this.sendPort = remotePort;
  }

  get transport(): "udp" {
    return "udp";
  }

  get isReliable(): boolean {
    return false;
  }

  get isOpen(): boolean {
    return true;
  }

  /** As the way back of a request it is its own flow. */
  get flow(): Flow {
    return this;
  }

  /** Made of the addresses, so that it outlives a restart. */
  get id(): string {
    return udpFlowId(this);
  }

  get localAddress(): string {
    return this.#near.address;
  }

  get localPort(): number {
    return this.#near.port;
  }

  get sentBy(): SentBy {
    return this.#near.sentBy;
  }

  send(bytes: Uint8Array, onError?: (reason: string) => void): void {
    if (this.watcher && this.#hasSent && this.#near.resend(bytes, this, this.watcher)) return;
    this.#hasSent = true;
    this.#near.send(bytes, this, onError);
  }
}

/** Names a UDP flow. Parsed by {@link parseUdpFlowId}. */
function udpFlowId(flow: {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}): string {
  return `udp,${flow.localAddress},${flow.localPort},${flow.remoteAddress},${flow.remotePort}`;
}

/** The addresses that a UDP flow's id names; undefined for the id of a connection. */
export function parseUdpFlowId(id: string):
  | {
      readonly localAddress: string;
      readonly localPort: number;
      readonly remoteAddress: string;
      readonly remotePort: number;
    }
  | undefined {
  if (!id.startsWith("udp,")) return undefined;
  const localPortAt = id.indexOf(",", 4) + 1;
  const remoteAt = id.indexOf(",", localPortAt) + 1;
  const remotePortAt = id.indexOf(",", remoteAt) + 1;
  if (localPortAt === 0 || remoteAt === 0 || remotePortAt === 0) return undefined;
  const localPort = Number(id.slice(localPortAt, remoteAt - 1));
  const remotePort = Number(id.slice(remotePortAt));
  const remoteAddress = id.slice(remoteAt, remotePortAt - 1);
  if (!isPort(localPort) || !isPort(remotePort) || isIP(remoteAddress) === 0) return undefined;
  return { localAddress: id.slice(4, localPortAt - 1), localPort, remoteAddress, remotePort };
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65_536;
}
