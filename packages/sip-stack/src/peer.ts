import type { Flow, MalformedMessage } from "@heliograph/sip";

/** The far end of a flow, as the transports make it: something to send to. */
export interface Peer extends Flow {
  readonly isReliable: boolean;
  /** What the Via of a request over this flow names, and so what the Via of its response must name. */
  readonly sentBy: SentBy;
  /** Whether bytes can still be sent. */
  readonly isOpen: boolean;
  /** Sends one message. What goes wrong, now or soon, is told to `onError`, or counted if there is none. */
  send(bytes: Uint8Array, onError?: (reason: string) => void): void;
}

/** The host and port of a Via that is ours. @spec rfc3261#18.1.1 */
export interface SentBy {
  /** An IPv6 address stands in brackets. */
  readonly host: string;
  readonly port: number;
}

/** A peer that is a connection: closing it ends what waits for answers on it. */
export interface ConnectedPeer extends Peer {
  /** Closes at once, without flushing; `reason` says why, to people and to whoever waits for an answer. */
  close(reason: string): void;
  /** Calls `hear` when the connection closes; forget it with {@link ignoreClose}. */
  hearClose(hear: (reason: string) => void): void;
  ignoreClose(hear: (reason: string) => void): void;
  /** Why the connection should be closed by now, if it should. */
  overdue(nowMs: number): "no message" | "unfinished message" | "idle" | undefined;
  /** When the last message or keep-alive came or went. */
  readonly lastUsedMs: number;
}

/** Whether a peer is a connection. */
export function isConnected(peer: Peer): peer is ConnectedPeer {
  return peer.isReliable;
}

/** Where the transports put what arrives. */
export interface Inbox {
  /** One whole message, in one datagram, one WebSocket message or one frame of a stream. */
  take(bytes: Uint8Array, peer: Peer): void;
  /** A stream that lost its framing; the connection is closed after the answer, if there can be one. */
  refuse(malformed: MalformedMessage, peer: Peer): void;
}
