import type { Chance, Clock } from "@heliograph/kernel";
import type { TransportName } from "@heliograph/sip";
import type { Credentials } from "@heliograph/sockets";
import type { DnsQuestions } from "./dns-questions.js";
import type { SourceRate } from "./source-rates.js";
import type { StackLimits } from "./stack-limits.js";

/** What `createSipStack` is told. Everything but the listeners has a working default; a client may listen nowhere. */
export interface SipStackOptions {
  readonly listen: readonly ListenOptions[];
  /** The identity of TLS and WSS listeners and of our own TLS connections, and whom those trust. */
  readonly tls?: TlsIdentity;
  readonly limits?: Partial<StackLimits>;
  /** How many messages one source address may send; no limit by default. */
  readonly sourceRate?: SourceRate;
  /** The resource of `ws:` URLs that we connect to: "/" by default. */
  readonly webSocketPath?: string;
  /**
   * Whether to find out by ICMP that a UDP peer is gone ("probe", the default), for which UDP listeners set
   * SO_REUSEADDR: on a machine with users that are not trusted, "ignore" keeps the port to ourselves. ADR-0004.
   */
  readonly udpErrors?: "probe" | "ignore";
  readonly clock?: Clock;
  readonly chance?: Chance;
  /** The system's DNS by default. */
  readonly dns?: DnsQuestions;
  /** Hears of exceptions that handlers threw, or the stack itself: bugs, each of which costs one message. */
  readonly onException?: (cause: unknown) => void;
}

/** One listener. Port 0 takes a free one. Listening on "::" takes IPv6 only: IPv4 is a listener of its own. */
export interface ListenOptions {
  readonly transport: TransportName;
  readonly address: string;
  readonly port: number;
  /** What Via names instead of the address, where NAT or a load balancer is in front. */
  readonly advertise?: { readonly host: string; readonly port?: number };
  /** Origins whose pages may open a WebSocket here; any, when not given. @spec SC-13 */
  readonly origins?: readonly string[];
}

/** PEM texts. */
export interface TlsIdentity extends Credentials {
  /** Ask those who connect for a certificate. One that does not verify is reported by `certificateOf`, not refused. */
  readonly asksClientCertificate?: boolean;
  /** Connect to servers whose certificate does not verify: for tests alone. */
  readonly trustsAnyServer?: boolean;
}
