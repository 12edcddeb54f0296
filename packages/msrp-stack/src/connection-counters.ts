/** What was counted since the start; every field only grows. */
export interface ConnectionCounters {
  accepted: number;
  opened: number;
  connectsFailed: number;
  /** Too many in all. */
  refused: number;
  /** Too many of one address. */
  refusedOfSource: number;
  /** Failed TLS handshakes; WebSocket handshakes without the msrp sub-protocol, from an unknown origin, or none at all. */
  handshakesRefused: number;
  /** No whole request in time, or a head without an end. */
  slowSendersClosed: number;
  /** Peers that did not read what was sent to them. */
  slowReadersClosed: number;
  /** WebSocket peers that did not answer a Ping. */
  silentClosed: number;
  /** Connections that sent what is not MSRP. */
  brokenClosed: number;
  /** Exceptions of sinks: bugs, each of which costs one connection. */
  exceptions: number;
}

/** The counters and what is open now. */
export interface ConnectionSnapshot extends Readonly<ConnectionCounters> {
  readonly openConnections: number;
}

/** Counters at zero. */
export function newCounters(): ConnectionCounters {
  return {
    accepted: 0,
    opened: 0,
    connectsFailed: 0,
    refused: 0,
    refusedOfSource: 0,
    handshakesRefused: 0,
    slowSendersClosed: 0,
    slowReadersClosed: 0,
    silentClosed: 0,
    brokenClosed: 0,
    exceptions: 0,
  };
}
