import type { OpenedLine } from "./line.js";

/** What the parts of a session tell the session, once there is one. */
export interface SessionSignals {
  /** Something has arrived, in either direction. */
  active(): void;
  /** The connection of the messages is lost. */
  failed(): void;
  /** Offer and answer have met anew on the section for messages. */
  changed(line: OpenedLine): void;
}

/** Signals that nobody hears yet. */
export function unheardSignals(): SessionSignals {
  return { active: () => undefined, failed: () => undefined, changed: () => undefined };
}
