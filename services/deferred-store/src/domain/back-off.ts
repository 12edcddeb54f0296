/** How long to wait after so many failures. */
export interface BackOff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Doubles from `firstMs` to `maxMs`, then a random share between half and all of it: a thousand queues do not wake at once. @spec DF-36 */
export function backOffMs({ firstMs, maxMs }: BackOff, failures: number, random: () => number): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(Math.max(0, failures - 1), 30));
  return Math.round(full * (0.5 + random() / 2));
}
