import type { ByteRange } from "./byte-range.js";

/** Which octets of a message were reported, in whatever order and however they overlap. @spec rfc4975#7.1.3 @spec MS-08 */
export class OctetRanges {
  /** First and last octet of each run, in order and apart. */
  #runs: readonly (readonly [first: number, last: number])[] = [];
  readonly #mostRuns: number;

  constructor(mostRuns = 1024) {
    this.#mostRuns = mostRuns;
  }

  /** Adds a range whose end is known. False when there would be too many runs apart. */
  add({ start, end }: Pick<ByteRange, "start" | "end">): boolean {
    if (end === undefined || end < start) return true;
    let [first, last] = [start, end];
    const apart = this.#runs.filter(([from, until]) => {
      if (until < first - 1 || from > last + 1) return true;
      first = Math.min(first, from);
      last = Math.max(last, until);
      return false;
    });
    if (apart.length >= this.#mostRuns) return false;
    this.#runs = [...apart, [first, last] as const].sort(([one], [other]) => one - other);
    return true;
  }

  /** How many octets are in from the first one on, without a gap. */
  get fromStart(): number {
    const [run] = this.#runs;
    return run?.[0] === 1 ? run[1] : 0;
  }

  /** Whether all octets of a message of this size are in. */
  covers(size: number): boolean {
    const [run] = this.#runs;
    return size === 0 || (run !== undefined && run[0] === 1 && run[1] >= size);
  }
}
