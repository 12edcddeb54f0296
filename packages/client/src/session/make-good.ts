import type { Clock } from "@heliograph/kernel";

/** What a new offer came to. */
type Offered =
  | { readonly kind: "done" | "unreachable" | "over" }
  | { readonly kind: "refused"; readonly status: number };

interface Deps {
  readonly clock: Clock;
  /** How long the first offer is left to the other side. */
  readonly firstInMs: number;
  /** Whether the loss has still to be made good. */
  readonly isDue: () => boolean;
  /** Offers anew. */
  readonly offer: () => Promise<Offered>;
}

/** With it both sides know within ten seconds where they are. */
const withinMs = 8_000;
const pauseMs = 1_500;

/**
 * Makes a lost connection good by a new offer. One that is refused by a service which has lost a part of its own is made
 * again: the session goes on as if it had not been made, and the part comes back, or the service moves the session by
 * itself. Settles when nothing is due, or nothing helps.
 *
 * @spec MS-47
 * @spec rfc3261#14.1
 */
export async function makeGood({ clock, firstInMs, isDue, offer }: Deps): Promise<void> {
  const deadlineMs = clock.monotonicMs() + withinMs;
  const leftMs = (): number => deadlineMs - clock.monotonicMs();
  if (firstInMs > 0) await pause(clock, firstInMs);
  while (isDue() && leftMs() > 0) {
    const changed = await atMost(clock, leftMs(), offer());
    if (changed?.kind !== "refused" || (changed.status < 500 && changed.status !== 491)) return;
    await pause(clock, Math.min(pauseMs, leftMs()));
  }
}

/** Undefined: it did not come in time. */
async function atMost<T>(clock: Clock, ms: number, coming: Promise<T>): Promise<T | undefined> {
  let stop = (): void => undefined;
  const late = new Promise<undefined>((resolve) => {
    const timer = clock.after(ms, () => resolve(undefined));
    stop = () => timer.cancel();
  });
  return Promise.race([coming, late]).finally(stop);
}

/** Settles so much later. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
