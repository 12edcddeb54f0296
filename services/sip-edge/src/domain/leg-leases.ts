/** So many looks in a row without a renewal, and nobody works on a leg any more. */
const mostMissed = 4;

/**
 * Which legs without a final answer somebody works on: each look finds those that nobody has renewed for several looks.
 * Looks are counted and not time, so that a node that stood still for a while has not missed what came meanwhile.
 *
 * @spec GEN-14
 */
export class LegLeases {
  #missed = new Map<string, number>();

  /** Somebody works on this leg. */
  renew(leg: string): void {
    this.#missed.set(leg, 0);
  }

  /** Looks once at all open legs; returns those that nobody works on. */
  look(open: readonly string[]): readonly string[] {
    const missed = new Map(open.map((leg) => [leg, (this.#missed.get(leg) ?? 0) + 1] as const));
    this.#missed = missed;
    return open.filter((leg) => (missed.get(leg) ?? 0) >= mostMissed);
  }
}
