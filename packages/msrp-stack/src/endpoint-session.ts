import {
  type ConnectionDriver,
  type IncomingHead,
  type MessageToSend,
  type Opening,
  type SentMessage,
  type SessionConnection,
  SessionDriver,
  type SessionDriverParts,
  type SessionTerms,
  type WholeMessage,
} from "@heliograph/msrp";
import { hostText } from "@heliograph/sockets";
import { matchesFingerprint } from "./certificate.js";
import { sessionTargetOf } from "./dial-target.js";
import type { DialGuard } from "./dial-guard.js";
import { connectionBehind } from "./relay-access.js";
import type { MsrpSession, MsrpSessionParts } from "./session.js";
import type { SessionConnections } from "./session-connections.js";

/** What an end point's session needs of its surroundings. */
export interface EndpointSessionParts {
  readonly driver: SessionDriverParts;
  readonly connections: SessionConnections;
  readonly guard: DialGuard;
  /** Requests to `uri` go to the session from now on; undefined: to none. */
  readonly register: (uri: string, session: SessionDriver | undefined) => void;
}

/** A session of ours, and how it comes to its connection. @spec rfc4975#5.4 @spec MS-14 */
export class EndpointSession implements MsrpSession {
  readonly #surroundings: EndpointSessionParts;
  readonly #driver: SessionDriver;
  #parts: MsrpSessionParts;
  /** The connection that we asked for. */
  #reached: ConnectionDriver | undefined;
  /** Counts offers and answers: what an earlier one began is of no interest. */
  #round = 0;

  constructor(parts: MsrpSessionParts, surroundings: EndpointSessionParts) {
    this.#surroundings = surroundings;
    this.#parts = parts;
    this.#driver = new SessionDriver(this.#termsOf(parts), surroundings.driver);
    surroundings.register(parts.uri, this.#driver);
    void this.#begin();
  }

  get uri(): string {
    return this.#parts.uri;
  }

  get bound(): Promise<void> {
    return this.#driver.bound;
  }

  send(message: MessageToSend): SentMessage {
    return this.#driver.send(message);
  }

  onMessage(take: (message: WholeMessage) => void | Promise<void>): void {
    this.#driver.onMessage(take);
  }

  onIncoming(open: (head: IncomingHead) => Opening): void {
    this.#driver.onIncoming(open);
  }

  onFailed(hear: (reason: string) => void): void {
    this.#driver.onFailed(hear);
  }

  renegotiate(parts: MsrpSessionParts): void {
    const before = this.#parts;
    this.#parts = parts;
    if (this.#driver.renegotiate(this.#termsOf(parts)) === "goes on") return;
    this.#letGo();
    if (parts.uri !== before.uri) this.#surroundings.register(before.uri, undefined);
    this.#surroundings.register(parts.uri, this.#driver);
    void this.#begin();
  }

  close(): void {
    this.#round += 1;
    this.#driver.close();
    this.#surroundings.register(this.#parts.uri, undefined);
    this.#letGo();
  }

  /**
   * The active side connects; with a relay it is connected already. In a later turn, so that who opened the session can
   * say first who hears of it.
   *
   * @spec MS-14
   */
  async #begin(): Promise<void> {
    this.#round += 1;
    const round = this.#round;
    await Promise.resolve();
    const { role, relay } = this.#parts;
    if (role === "passive" || round !== this.#round) return;
    const behind = relay && connectionBehind(relay);
    if (behind) return this.#driver.connected(behind);
    const { connectTo, fingerprints = [] } = this.#parts;
    const target = sessionTargetOf(toPathOf(this.#parts), connectTo, fingerprints);
    if (!target) return this.#driver.connectionLost("no transport of ours leads to the peer");
    const place = `${hostText(target.host)}:${target.port}`;
    const { guard, connections } = this.#surroundings;
    if (!guard.mayDial(place)) return this.#driver.connectionLost(`too many attempts to reach ${place}`);
    try {
      const reached = await connections.reach(target);
      if (round !== this.#round) return connections.release(reached);
      this.#reached = reached;
      this.#driver.connected(reached);
      await this.#driver.bound;
    } catch (cause) {
      if (round !== this.#round) return;
      guard.failed(place);
      this.#letGo();
      this.#driver.connectionLost(cause instanceof Error ? cause.message : String(cause));
    }
  }

  #letGo(): void {
    const reached = this.#reached;
    this.#reached = undefined;
    if (reached) this.#surroundings.connections.release(reached);
  }

  #termsOf(parts: MsrpSessionParts): SessionTerms {
    const { peerAcceptTypes, peerMaxBytes } = parts;
    return {
      uri: parts.uri,
      toPath: toPathOf(parts),
      isActive: parts.role === "active",
      direction: parts.direction,
      acceptTypes: parts.acceptTypes,
      maxMessageBytes: parts.maxMessageBytes,
      objectionTo: (connection) => this.#objectionTo(connection),
      ...(peerAcceptTypes ? { peerAcceptTypes } : {}),
      ...(peerMaxBytes === undefined ? {} : { peerMaxBytes }),
    };
  }

  /** Whom we connected to has been looked at; who connected to us is known by a certificate if it shows one. @spec MS-12 */
  #objectionTo(driver: SessionConnection): string | undefined {
    const connection = this.#surroundings.connections.connectionOf(driver);
    const { fingerprints = [] } = this.#parts;
    if (!connection?.peerCertificate || connection.openedBy === "us" || fingerprints.length === 0)
      return undefined;
    return matchesFingerprint(connection.peerCertificate, fingerprints)
      ? undefined
      : "the certificate of the peer has another fingerprint";
  }
}

/** Relays of ours first. @spec rfc4976#5.1 @spec MS-24 */
function toPathOf({ relay, ownRelays = [], peerPath }: MsrpSessionParts): readonly string[] {
  return [...(relay?.usePath ?? ownRelays), ...peerPath];
}
