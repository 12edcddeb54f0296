/** What came of a run. */
export interface Tally {
  readonly accepted: number;
  readonly delivered: number;
  /** Answered with a 2xx, and never arrived. */
  readonly lost: number;
  /** Arrived again as if it were another message, or at somebody else's device. */
  readonly duplicated: number;
  /** Arrived again, recognisable by what is on the wire. */
  readonly redelivered: number;
}

/** Whether the promise held: only what was in flight at a kill may have come twice, and recognisably so. */
export function isKept({ accepted, lost, duplicated, redelivered }: Tally, inFlight: number): boolean {
  return accepted > 0 && lost === 0 && duplicated === 0 && redelivered <= inFlight;
}

/** Several runs as one. */
export function sum(all: readonly Tally[]): Tally {
  const total = (key: keyof Tally) => all.reduce((amount, tally) => amount + tally[key], 0);
  return {
    accepted: total("accepted"),
    delivered: total("delivered"),
    lost: total("lost"),
    duplicated: total("duplicated"),
    redelivered: total("redelivered"),
  };
}

/** The line that scripts read. */
export function format({ accepted, delivered, lost, duplicated, redelivered }: Tally): string {
  return `accepted ${accepted} delivered ${delivered} lost ${lost} duplicated ${duplicated} redelivered ${redelivered}`;
}
