import type { LayerCounts } from "@heliograph/sip";

/** What the stack counted since it was made; every field only grows. Ours, a peer's and a network's faults are apart. */
export interface StackCounters {
  requestsReceived: number;
  responsesReceived: number;
  requestsSent: number;
  /** Answers that the stack gave by itself (400 and such to what is malformed, 503), those of handlers excluded. */
  ownResponses: number;
  /** CRLF pings and pongs, and datagrams of nothing but CRLF and NUL. */
  keepAlives: number;
  stunBindings: number;

  /** Malformed requests that were answered. */
  malformedAnswered: number;
  /** Malformed messages of which nobody could be told. */
  malformedDropped: number;
  /** Responses whose top Via is not ours. @spec rfc3261#18.1.2 */
  foreignResponses: number;
  /** Responses to no transaction of ours. @spec GEN-36 */
  strayResponses: number;
  /** Datagrams of sources above their rate. */
  floodDropped: number;
  /** Times a connection was not read for a while because its source is above its rate. */
  floodPauses: number;
  /** WebSocket handshakes without the sip subprotocol, from an unknown origin, or not WebSocket at all; failed TLS ones. */
  handshakesRefused: number;
  connectionsRefused: number;
  connectionsRefusedOfSource: number;
  slowReadersClosed: number;
  slowSendersClosed: number;
  idleClosed: number;

  connectionsAccepted: number;
  connectionsOpened: number;
  connectsFailed: number;
  sendErrors: number;
  /** UDP flows that an ICMP error ended. */
  unreachablePeers: number;
  failovers: number;
  /** Requests that were too large for UDP, and those of them whose peer has no TCP. */
  switchedToTcp: number;
  returnedToUdp: number;
  resolutionFailures: number;

  /** Requests refused with 503, by too many open transactions or by draining. */
  overloadRefused: number;
  /** Exceptions of handlers, and of the stack itself: bugs. */
  exceptions: number;
}

/** The counters and what is open now. */
export interface StackSnapshot extends Readonly<StackCounters>, LayerCounts {
  readonly openConnections: number;
  /** Those that wait for a final answer. */
  readonly openTransactions: number;
  /** Those that wait for retransmissions included. */
  readonly liveTransactions: number;
}

/** Counters at zero. */
export function newCounters(): StackCounters {
  return {
    requestsReceived: 0,
    responsesReceived: 0,
    requestsSent: 0,
    ownResponses: 0,
    keepAlives: 0,
    stunBindings: 0,
    malformedAnswered: 0,
    malformedDropped: 0,
    foreignResponses: 0,
    strayResponses: 0,
    floodDropped: 0,
    floodPauses: 0,
    handshakesRefused: 0,
    connectionsRefused: 0,
    connectionsRefusedOfSource: 0,
    slowReadersClosed: 0,
    slowSendersClosed: 0,
    idleClosed: 0,
    connectionsAccepted: 0,
    connectionsOpened: 0,
    connectsFailed: 0,
    sendErrors: 0,
    unreachablePeers: 0,
    failovers: 0,
    switchedToTcp: 0,
    returnedToUdp: 0,
    resolutionFailures: 0,
    overloadRefused: 0,
    exceptions: 0,
  };
}
