import type { ConnectTarget, Direction, FileTransfer, MediaLine, MsrpMedia, Role } from "@heliograph/sdp";
import type { Accepts, LocalEnd } from "./local-ends.js";

/** A section on which offer and answer have met. */
export interface OpenedLine {
  readonly end: LocalEnd;
  readonly accepts: Accepts;
  readonly peer: MsrpMedia;
  readonly role: Role;
  /** Which way messages go, from our side. */
  readonly direction: Direction;
  readonly connectTo?: ConnectTarget;
}

/** Who lives on a section. */
export interface LineUser {
  /** Offer and answer have met, for the first time or again. */
  open(line: OpenedLine): void;
  /** The section is over, or never was. */
  close(why: "refused" | "removed" | "over"): void;
}

/** A section that we hold open, or offer. */
export interface LiveLine {
  readonly kind: "live";
  readonly user: LineUser;
  readonly end: LocalEnd;
  readonly accepts: Accepts;
  /** What we want. */
  readonly direction: Direction;
  readonly file?: FileTransfer;
  /** `connect`: never listen here, whatever we could. */
  readonly mustConnect?: boolean;
}

/** A section of a session by its place; one that is over keeps its place. @spec rfc3264#8 */
export type Line = LiveLine | ClosedLine;

/** A place that may be taken again. @spec rfc3264#8.1 */
export interface ClosedLine {
  readonly kind: "closed";
  readonly line: MediaLine;
  readonly file?: FileTransfer;
}
