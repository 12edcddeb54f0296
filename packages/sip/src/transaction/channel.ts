/** Where a transaction's messages go: a connection, or over UDP a socket and the peer's address. */
export interface Channel {
  /** TCP, TLS, WebSocket: what is sent arrives or the connection ends. @spec rfc3261#17.1.1.2 */
  readonly isReliable: boolean;
  /** Sends now or soon. `onError` is called at most once, when the bytes are known to be lost. */
  send(bytes: Uint8Array, onError?: (reason: string) => void): void;
}
