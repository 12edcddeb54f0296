import { setTimeout as wait } from "node:timers/promises";

/** Waits until something is so; throws with its name where it does not become so in time. */
export async function eventually(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`after ${withinMs} ms it is not so that ${what}`);
    await wait(50);
  }
}
