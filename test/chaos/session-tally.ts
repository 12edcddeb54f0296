import type { MessageTally } from "./message-book.js";

/** What came of a run over sessions. */
export interface SessionTally extends MessageTally {
  /** Established on both sides. */
  readonly sessions: number;
  /** Went on at another place after their relay had been killed; once for each time. */
  readonly moved: number;
  readonly ended: number;
  /** Neither went on nor ended in time, on both sides; or something that somebody waited for never came. */
  readonly hung: number;
}

/** Whether the promise held for sessions. */
export function areSessionsKept({ acknowledged, lost, duplicated, hung }: SessionTally): boolean {
  return acknowledged > 0 && lost === 0 && duplicated === 0 && hung === 0;
}

const columns = [
  "sessions",
  "messages",
  "acknowledged",
  "received",
  "lost",
  "duplicated",
  "moved",
  "ended",
  "hung",
] as const satisfies readonly (keyof SessionTally)[];

/** Several runs as one. */
export function sumOfSessions(all: readonly SessionTally[]): SessionTally {
  const total = (key: keyof SessionTally) => all.reduce((amount, tally) => amount + tally[key], 0);
  return {
    sessions: total("sessions"),
    messages: total("messages"),
    acknowledged: total("acknowledged"),
    received: total("received"),
    lost: total("lost"),
    duplicated: total("duplicated"),
    moved: total("moved"),
    ended: total("ended"),
    hung: total("hung"),
  };
}

/** The line that scripts read. */
export function formatSessions(tally: SessionTally): string {
  return columns.map((column) => `${column} ${tally[column]}`).join(" ");
}
