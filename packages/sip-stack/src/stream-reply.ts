import type { Channel, Flow, Via } from "@heliograph/sip";
import type { Dialler } from "./dialler.js";
import type { Peer } from "./peer.js";
import { defaultPortOf } from "./sent-by.js";

/**
 * The way back of a request that came over a connection: that connection; if it is gone, and is not a WebSocket, a
 * new one to where the request came from, at the port that its Via names. Names in a Via are not followed
 * (D-sip-stack-2).
 *
 * @spec D-sip-stack-2
 * @spec rfc3261#18.2.2 @spec rfc3263#5 @spec rfc7118#5.3 @spec GEN-38
 */
export class StreamReply implements Channel {
  readonly isReliable = true;
  readonly #peer: Peer;
  readonly #sentByPort: number;
  readonly #sentByHost: string;
  readonly #dialler: Dialler;

  constructor(peer: Peer, via: Via, dialler: Dialler) {
    this.#peer = peer;
    this.#sentByPort = via.port ?? defaultPortOf(peer.transport);
    this.#sentByHost = via.host;
    this.#dialler = dialler;
  }

  get flow(): Flow {
    return this.#peer;
  }

  send(bytes: Uint8Array, onError?: (reason: string) => void): void {
    if (this.#peer.isOpen) return this.#peer.send(bytes, onError);
    const { transport, remoteAddress } = this.#peer;
    if (transport === "ws" || transport === "wss") {
      if (onError) queueMicrotask(() => onError("the WebSocket is closed"));
      return;
    }
    this.#dialler
      .reach({ transport, address: remoteAddress, port: this.#sentByPort, domain: this.#sentByHost })
      .then((connection) => connection.send(bytes, onError))
      .catch((cause: Error) => onError?.(cause.message));
  }
}
