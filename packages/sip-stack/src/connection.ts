import type { Chance, Clock } from "@heliograph/kernel";
import type { TransportName } from "@heliograph/sip";
import { hostText, plainAddress } from "@heliograph/sockets";
import type { ConnectedPeer, Inbox, SentBy } from "./peer.js";
import type { SourceRates } from "./source-rates.js";
import type { StackCounters } from "./stack-counters.js";
import type { StackLimits } from "./stack-limits.js";

/** What every connection needs of the stack. */
export interface ConnectionParts {
  readonly inbox: Inbox;
  readonly counters: StackCounters;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly limits: StackLimits;
  readonly rates: SourceRates | undefined;
}

/** The two ends of a connection, as the operating system tells them. */
export interface Ends {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** What the far end of a TLS connection showed of itself. */
export interface FlowCertificate {
  /** Whether an authority that we trust vouches for it. */
  readonly isTrusted: boolean;
  readonly commonName: string | undefined;
  /** As the certificate has them: "DNS:example.com", "URI:sip:example.com". @spec rfc5922#7.1 */
  readonly alternativeNames: readonly string[];
  readonly fingerprint256: string;
}

/** How a connection came to be: by a peer's wish, with what the Via of our requests on it names, or by ours. */
export interface Origin {
  readonly transport: TransportName;
  readonly isOutgoing: boolean;
  /** Undefined when nobody listens on this transport: then the Via names our end of the connection. */
  readonly sentBy: SentBy | undefined;
}

/**
 * What a connection is apart from how its bytes are framed: an unguessable name, its age, and those who want to
 * know when it closes.
 *
 * @spec rfc5626#3.1
 */
export abstract class Connection implements ConnectedPeer {
  readonly id: string;
  readonly transport: TransportName;
  readonly isReliable = true;
  readonly isOutgoing: boolean;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly sentBy: SentBy;
  protected readonly parts: ConnectionParts;
  readonly #closeHearers = new Set<(reason: string) => void>();
  readonly #openedMs: number;
  #lastUsedMs: number;
  #unfinishedSinceMs: number | undefined;
  #hasSpoken = false;
  #isOpen = true;

  protected constructor(ends: Ends, origin: Origin, parts: ConnectionParts) {
    this.parts = parts;
    this.transport = origin.transport;
    this.isOutgoing = origin.isOutgoing;
    this.id = `${origin.transport}-${parts.chance.token(16)}`;
    this.localAddress = plainAddress(ends.localAddress ?? "");
    this.localPort = ends.localPort ?? 0;
    this.remoteAddress = plainAddress(ends.remoteAddress ?? "");
    this.remotePort = ends.remotePort ?? 0;
    this.sentBy = origin.sentBy ?? { host: hostText(this.localAddress), port: this.localPort };
    this.#openedMs = parts.clock.monotonicMs();
    this.#lastUsedMs = this.#openedMs;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get lastUsedMs(): number {
    return this.#lastUsedMs;
  }

  send(bytes: Uint8Array, onError?: (reason: string) => void): void {
    if (!this.#isOpen) {
      if (onError) queueMicrotask(() => onError("the connection is closed"));
      return;
    }
    this.used();
    if (this.write(bytes) <= this.parts.limits.maxWriteBufferBytes) return;
    this.#cutOff();
  }

  hearClose(hear: (reason: string) => void): void {
    this.#closeHearers.add(hear);
  }

  ignoreClose(hear: (reason: string) => void): void {
    this.#closeHearers.delete(hear);
  }

  overdue(nowMs: number): "no message" | "unfinished message" | "idle" | undefined {
    const { firstMessageMs, wholeMessageMs, idleMs } = this.parts.limits;
    if (!this.#hasSpoken && !this.isOutgoing && nowMs - this.#openedMs > firstMessageMs) return "no message";
    const since = this.#unfinishedSinceMs;
    if (since !== undefined && nowMs - since > wholeMessageMs) return "unfinished message";
    return nowMs - this.#lastUsedMs > idleMs ? "idle" : undefined;
  }

  close(reason: string): void {
    this.destroy();
    this.closed(reason);
  }

  /** Later, because whoever sends may not be ready yet to hear of the close. */
  #cutOff(): void {
    queueMicrotask(() => {
      if (!this.#isOpen) return;
      this.parts.counters.slowReadersClosed += 1;
      this.close("the peer does not read what it is sent");
    });
  }

  /** Undefined without TLS, and when the far end showed none. */
  abstract get certificate(): FlowCertificate | undefined;

  /** Hands bytes to the operating system; returns how many wait for the peer to read. */
  protected abstract write(bytes: Uint8Array): number;

  protected abstract destroy(): void;

  protected abstract pauseFor(ms: number): void;

  /** Something whole went either way. */
  protected used(): void {
    this.#lastUsedMs = this.parts.clock.monotonicMs();
  }

  /** Something whole came in: charges the peer's rate for it. */
  protected spoke(): void {
    this.#hasSpoken = true;
    this.used();
    const pauseMs = this.parts.rates?.charge(this.remoteAddress) ?? 0;
    if (pauseMs === 0) return;
    this.parts.counters.floodPauses += 1;
    this.pauseFor(pauseMs);
  }

  /** Whether part of a message is waiting for its rest. */
  protected unfinished(isUnfinished: boolean): void {
    if (!isUnfinished) this.#unfinishedSinceMs = undefined;
    else this.#unfinishedSinceMs ??= this.parts.clock.monotonicMs();
  }

  /** The connection is gone, by whoever's hand. Said once. */
  protected closed(reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const hearers = [...this.#closeHearers];
    this.#closeHearers.clear();
    for (const hear of hearers) hear(reason);
  }
}
