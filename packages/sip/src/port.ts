import type { SipRequest, SipResponse } from "./message.js";

/** The transports that a Via can name. @spec rfc3261#18 @spec rfc7118#5.2 */
export type TransportName = "udp" | "tcp" | "tls" | "ws" | "wss";

/** A way to reach one peer: a connection, or over UDP a pair of addresses. @spec rfc5626#3.1 */
export interface Flow {
  /** Names the flow within its node; unguessable for connections, derived from the addresses for UDP. */
  readonly id: string;
  readonly transport: TransportName;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** A request from outside, with the server transaction that waits for its answer. */
export interface IncomingRequest {
  readonly request: SipRequest;
  readonly flow: Flow;
  /** Sends an answer through the server transaction; a second final answer is discarded (RFC 3261 §17.2.2). */
  respond(response: SipResponse): void;
  /** An INVITE alone has it: hears what else becomes of it. One watcher. */
  watch?(watcher: InviteWatcher): void;
}

/** Hears what becomes of an INVITE from outside, its own answers apart. */
export interface InviteWatcher {
  /**
   * The peer has given up: its CANCEL has been answered, and the INVITE with 487. `reasons` are the CANCEL's Reason values.
   *
   * @spec rfc3261#9.2 @spec rfc3326#2 @spec GEN-40
   */
  onCancel(reasons: readonly string[]): void;
  /** An answer did not get through: the transport failed, or no ACK came to a refusal. @spec rfc3261#17.2.4 */
  onAnswerLost(reason: string): void;
}

/** Where a request of ours goes: over one flow and no other, or to wherever its URI leads (RFC 3263). */
export type Target =
  | { readonly kind: "flow"; readonly flowId: string }
  | { readonly kind: "uri"; readonly uri: string };

/** How a client transaction ended. */
export type Outcome =
  | { readonly kind: "response"; readonly response: SipResponse }
  /** No final response before Timer F, or before the caller's `timeoutMs`. */
  | { readonly kind: "silent" }
  /** The flow is gone, the connection was refused, or the name leads nowhere. */
  | { readonly kind: "unreachable"; readonly reason: string };

/** Hears what comes of an INVITE of ours. */
export interface InviteHearer {
  /**
   * Every response of 100 to 299 with the flow that it came over. After the first 2xx further ones may come for 64*T1,
   * repeated ones and those of other branches of a fork; the ACK of each is the hearer's to send.
   *
   * @spec rfc6026#7.2 @spec rfc3261#13.2.2.4
   */
  onResponse(response: SipResponse, flow: Flow): void;
  /** It is over without a 2xx: refused (and acknowledged), silent or unreachable. At most once, and nothing after it. */
  onFailed(outcome: Outcome): void;
}

/** An INVITE of ours on its way. */
export interface SentInvite {
  /**
   * Gives up: CANCEL with this Reason value, as soon as there was a provisional response, and nothing after a final one.
   * The outcome is heard as ever: 487 mostly, or a 2xx that crossed it.
   *
   * @spec rfc3261#9.1 @spec GEN-40
   */
  cancel(reason?: string): void;
}

/** A place where the stack takes SIP. */
export interface ListeningPoint {
  readonly transport: TransportName;
  readonly address: string;
  readonly port: number;
}

/**
 * SIP as the edge and the client see it: requests in, answers out, requests out, answers in.
 * `@heliograph/sip-stack` implements it in process.
 */
export interface SipStack {
  /** Opens the listeners; rejects when one cannot be opened, and closes those that were. */
  start(): Promise<void>;
  /** Every open listener, with the port that a request for port 0 got. */
  readonly listeningPoints: readonly ListeningPoint[];
  /** Hears every new request (ACK included, retransmissions and CANCEL matching excluded). One handler. */
  onRequest(handle: (incoming: IncomingRequest) => void): void;
  /** Hears of every connection that closed, and of UDP flows that an ICMP error killed. @spec GEN-30 */
  onFlowClosed(hear: (flow: Flow) => void): void;
  /** The flow, while it is open; a UDP flow is always open. */
  flowOf(id: string): Flow | undefined;
  /**
   * Sends a request in a new client transaction. The stack adds the Via, picks address and transport (a request
   * above 1300 bytes leaves UDP for TCP, RFC 3261 §18.1.1), retransmits, and tries the next address on failure.
   */
  send(request: SipRequest, target: Target, options?: { readonly timeoutMs?: number }): Promise<Outcome>;
  /** Sends an INVITE as `send` does any other request, and tells the hearer of all that comes back. */
  invite(request: SipRequest, target: Target, hearer: InviteHearer): SentInvite;
  /** Refuses new requests with 503 and Retry-After, lets open transactions finish for at most `withinMs`. */
  drain(withinMs: number): Promise<void>;
  /** Closes everything. */
  stop(): Promise<void>;
}
