import type { msrpRelay, Side } from "@heliograph/contracts";
import type { MsrpDescription } from "@heliograph/sdp";
import type { AnchoredSession, End } from "../bridging/end.js";
import { ContentPolicy } from "../domain/content-policy.js";
import type { SectionPlan } from "../domain/plan-media.js";
import type { RelayPoint } from "../domain/relay-points.js";

/** The two ends of one media section. */
export type Stream = { readonly [side in Side]: End };

/** An offer of ours, as it went to one side. */
export interface SentOffer {
  readonly octets: Uint8Array;
  readonly description: MsrpDescription;
  readonly point: RelayPoint;
}

/** An offer whose answer is not in. */
export interface OpenOffer {
  readonly from: Side;
  readonly offer: MsrpDescription;
  readonly sections: readonly SectionPlan[];
  /** Sections that say `msrp-cema`. */
  readonly hasCema: readonly boolean[];
  /** What the other side was offered, by how it reaches us. */
  readonly sent: Map<msrpRelay.Reach, SentOffer>;
}

/** Why a session is told to be lost. */
export type Loss = Parameters<SessionEvents["sessionLost"]>[2];

/** Who is told when an end of a session is lost, or all of it. */
export interface SessionEvents {
  sessionLost(
    session: Session,
    side: Side | undefined,
    why: "connection-lost" | "not-bound" | "idle" | "draining",
  ): void;
}

/** A session that is anchored here: its streams by their place in the description, and what was said last. */
export class Session implements AnchoredSession {
  readonly policy: ContentPolicy;
  readonly streams = new Map<number, Stream>();
  openOffer: OpenOffer | undefined;
  /** What each side was sent last, which decides the version of the next. @spec rfc3264#8 */
  readonly lastSent: { [side in Side]: Uint8Array | undefined } = { caller: undefined, callee: undefined };
  /** Whether the caller has an answer of ours, and the callee has given none. @spec PF-07 */
  isAnsweredEarly = false;
  /** Whether there ever was an answer. */
  isEstablished = false;
  /** How many looks in a row found it without an answer, and nobody who waits for one. */
  missedLooks = 0;
  /** Whether it was told to be idle, and nothing came since. */
  idleToldMs: number | undefined;

  constructor(
    readonly id: string,
    readonly conversation: string,
    readonly media: msrpRelay.MediaPolicy,
    public lastActiveMs: number,
  ) {
    this.policy = new ContentPolicy(media);
  }
}

/** The side across. */
export function acrossFrom(side: Side): Side {
  return side === "caller" ? "callee" : "caller";
}
