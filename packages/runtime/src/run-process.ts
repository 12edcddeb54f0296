import { collectLessOften } from "./collect-less-often.js";
import { ConfigError } from "./config-error.js";
import { Lifecycle } from "./lifecycle.js";
import { stopSignal } from "./stop-signal.js";

/** The exit status of a process whose configuration is wrong (EX_CONFIG of sysexits.h). */
export const configExitStatus = 78;

/**
 * The life of a process: `start` opens what it needs into the lifecycle, a signal ends it, everything is closed in
 * the opposite order and the process exits. What is wrong with the configuration, and an address that cannot be taken,
 * is printed plainly, without a stack.
 */
export async function runProcess(start: (lifecycle: Lifecycle) => Promise<void>): Promise<void> {
  collectLessOften();
  const lifecycle = new Lifecycle();
  const stopped = stopSignal();
  try {
    await start(lifecycle);
    await stopped;
    await closeWithin(lifecycle, 30_000);
    process.exit(0);
  } catch (cause) {
    process.stderr.write(`${explain(cause)}\n`);
    await closeWithin(lifecycle, 5_000).catch(() => undefined);
    process.exit(cause instanceof ConfigError ? configExitStatus : 1);
  }
}

async function closeWithin(lifecycle: Lifecycle, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`shutdown took longer than ${ms} ms`)), ms);
  });
  await Promise.race([lifecycle.close(), tooLong]).finally(() => clearTimeout(timer));
}

function explain(cause: unknown): string {
  if (cause instanceof ConfigError) return cause.message;
  if (cause instanceof AggregateError) return [cause.message, ...cause.errors.map(explain)].join("\n");
  if (!(cause instanceof Error)) return String(cause);
  const advice = "code" in cause ? addressAdvice[String(cause.code)] : undefined;
  return advice === undefined ? (cause.stack ?? cause.message) : `${cause.message}: ${advice}`;
}

/** What to do when the system does not give the address that a setting names. */
const addressAdvice: Readonly<Record<string, string>> = {
  EADDRINUSE: "another process has this address; stop that one, or let the setting name another",
  EADDRNOTAVAIL: "this machine does not have this address; let the setting name one that it has",
  EACCES: "this user may not have it; let the setting name another, such as a port above 1023",
};
