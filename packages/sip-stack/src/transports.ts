import { isIPv6 } from "node:net";
import type { Flow, ListeningPoint, NextHop, TransportName } from "@heliograph/sip";
import type { ConnectionParts } from "./connection.js";
import type { ConnectionTable } from "./connection-table.js";
import { Dialler } from "./dialler.js";
import type { Peer, SentBy } from "./peer.js";
import { defaultPortOf, namesSentBy } from "./sent-by.js";
import type { ListenOptions, SipStackOptions } from "./stack-options.js";
import { StreamListener } from "./stream-listener.js";
import { UdpListener } from "./udp-listener.js";
import { parseUdpFlowId, type UdpPeer } from "./udp-peer.js";
import { WebSocketListener } from "./web-socket-listener.js";

/** A listener, whatever it listens for. */
interface Listener extends ListeningPoint {
  readonly sentBy: SentBy;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What the transports need of the stack. */
export interface TransportsParts {
  readonly connection: ConnectionParts;
  readonly table: ConnectionTable;
  /** Hears of UDP flows that an ICMP error ended. */
  readonly onUnreachable: (flow: Flow) => void;
}

/** The sockets of the stack: listeners and connections of every transport. @spec rfc3261#18 */
export class Transports {
  readonly table: ConnectionTable;
  readonly dialler: Dialler;
  readonly #listeners: readonly Listener[];
  readonly #udp: readonly UdpListener[];

  constructor(options: SipStackOptions, parts: TransportsParts) {
    const { connection, table } = parts;
    this.table = table;
    this.#listeners = options.listen.map((one) => listenerOf(one, options, parts));
    this.#udp = this.#listeners.filter((one) => one instanceof UdpListener);
    this.dialler = new Dialler({
      table,
      connection,
      tls: options.tls,
      webSocketPath: options.webSocketPath ?? "/",
      sentByOf: (transport) => this.#listeners.find((one) => one.transport === transport)?.sentBy,
    });
  }

  get listeningPoints(): readonly ListeningPoint[] {
    return this.#listeners.map(({ transport, address, port }) => ({ transport, address, port }));
  }

  /** Opens every listener, or none. */
  async start(): Promise<void> {
    try {
      for (const listener of this.#listeners) await listener.start();
    } catch (cause) {
      await this.stop();
      throw cause;
    }
  }

  async stop(): Promise<void> {
    this.table.closeAll();
    await Promise.all(this.#listeners.map((one) => one.stop()));
  }

  /** The far end of an open flow. A UDP flow is open while the socket that it was made on is. */
  peerOf(flowId: string): Peer | undefined {
    const connection = this.table.byId(flowId);
    if (connection) return connection;
    const flow = parseUdpFlowId(flowId);
    if (!flow) return undefined;
    const { localAddress, localPort, remoteAddress, remotePort } = flow;
    const listener = this.#udp.find((one) => one.address === localAddress && one.port === localPort);
    return listener?.peer(remoteAddress, remotePort);
  }

  /** The UDP flow to an address: from a socket of its family, from loopback only to loopback. */
  udpPeer({ address, port }: NextHop): UdpPeer | undefined {
    const family = this.#udp.filter((one) => one.isIpv6 === isIPv6(address));
    const listener = family.find((one) => isLoopback(one.address) === isLoopback(address)) ?? family[0];
    return listener?.peer(address, port);
  }

  /** Whether the Via of a response that came from `peer` is one that we put into requests. @spec rfc3261#18.1.2 */
  isOurs(via: { readonly host: string; readonly port: number | undefined }, peer: Peer): boolean {
    const port = defaultPortOf(peer.transport);
    if (namesSentBy(via, peer.sentBy, port)) return true;
    return this.#listeners.some((one) => namesSentBy(via, one.sentBy, defaultPortOf(one.transport)));
  }

  /** The transports over which requests can leave, which RFC 3263 has to choose from. */
  get usable(): readonly TransportName[] {
    return this.#udp.length > 0 ? ["udp", "tcp", "tls", "ws", "wss"] : ["tcp", "tls", "ws", "wss"];
  }
}

function listenerOf(
  one: ListenOptions,
  { tls, udpErrors }: SipStackOptions,
  { connection, table, onUnreachable }: TransportsParts,
): Listener {
  const parts = { options: one, tls, table, connection };
  switch (one.transport) {
    case "udp":
      return new UdpListener({
        ...one,
        inbox: connection.inbox,
        counters: connection.counters,
        rates: connection.rates,
        clock: connection.clock,
        onUnreachable: udpErrors === "ignore" ? undefined : onUnreachable,
      });
    case "tcp":
    case "tls":
      return new StreamListener(one.transport, parts);
    default:
      return new WebSocketListener(one.transport, parts);
  }
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}
