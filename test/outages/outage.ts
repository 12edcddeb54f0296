import { setTimeout as wait } from "node:timers/promises";
import { expect } from "@jest/globals";
import type { Sending, SteadyLoad } from "./steady-load.js";

/** How long things are gone; OUTAGE_SECONDS=30 for longer. */
export const outageMs = Number(process.env["OUTAGE_SECONDS"] ?? 12) * 1_000;
/** How long the service may take to be itself again. */
export const recoveryMs = 10_000;
/** How long the answer to what was sent when it began may take. */
const settleMs = 1_500;

/** Something that can be away. */
export interface Outage {
  readonly begin: () => Promise<void>;
  readonly end: () => Promise<void>;
}

/** What was sent while it was gone, the moments around its ends left out. */
export interface Meanwhile {
  readonly sendings: readonly Sending[];
  readonly wasReady: boolean;
}

/** Takes something away under load for a while, and gives it back. */
export async function endure(
  load: SteadyLoad,
  { begin, end }: Outage,
  isReady: () => Promise<boolean>,
): Promise<Meanwhile> {
  await wait(1_000);
  await begin();
  const goneMs = performance.now();
  await wait(outageMs - 500);
  const wasReady = await isReady();
  const backMs = performance.now();
  await end();
  const during = ({ startedMs }: Sending) => startedMs > goneMs + settleMs && startedMs < backMs;
  return {
    wasReady,
    get sendings() {
      return load.sendings.filter(during);
    },
  };
}

/** Waits until something is so; tells how long that took. */
export async function within(
  limitMs: number,
  what: string,
  holds: () => Promise<boolean> | boolean,
): Promise<number> {
  const startedMs = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedMs > limitMs)
      throw new Error(`after ${limitMs} ms it is still not so that ${what}`);
    await wait(100);
  }
  return performance.now() - startedMs;
}

/** Every 2xx was kept, once; everything else was an honest 5xx, or no answer. */
export async function mustHaveKeptItsWord(load: SteadyLoad): Promise<void> {
  await load.stop();
  await load.comeBack();
  await within(20_000, "every accepted message has arrived", () => load.missing.length === 0).catch(
    () => undefined,
  );
  expect(load.missing).toEqual([]);
  expect(load.duplicated).toEqual([]);
  const refusals = load.sendings.flatMap(({ sent }) =>
    sent.kind === "refused" ? [`${sent.status} ${sent.reason}`] : [],
  );
  expect(refusals.filter((text) => !text.startsWith("5"))).toEqual([]);
}
