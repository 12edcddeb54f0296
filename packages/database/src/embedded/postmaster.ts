import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** A running server, as its `postmaster.pid` describes it. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly isReady: boolean;
}

/** The server that has `cluster`, or undefined when there is none: a file that a crash left behind does not count. */
export function postmasterOf(cluster: string): Postmaster | undefined {
  const lines = read(join(cluster, "postmaster.pid"))?.split("\n");
  const pid = Number(lines?.[0]);
  if (!lines || !Number.isInteger(pid) || pid <= 1 || !isServerProcess(pid, cluster)) return undefined;
  return { pid, port: Number(lines[3] ?? 0), isReady: lines[7]?.trim() === "ready" };
}

/**
 * Removes a `postmaster.pid` whose number some other program has by now: Postgres would take that for a running
 * server. Any other stale file is left to Postgres, which knows better than we do.
 */
export function discardForeignPid(cluster: string): void {
  const path = join(cluster, "postmaster.pid");
  const pid = Number(read(path)?.split("\n")[0]);
  if (pid > 1 && isAlive(pid) && !isServerProcess(pid, cluster)) rmSync(path, { force: true });
}

/** Asks the server to disconnect everybody and write a checkpoint; gives it `graceMs`, then makes it stop where it stands. */
export async function stopPostmaster(cluster: string, pid: number, graceMs: number): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    kill(pid, signal);
    const deadline = Date.now() + graceMs;
    while (Date.now() < deadline) {
      if (!isServerProcess(pid, cluster)) return;
      await wait(10);
    }
  }
}

/** Pids are used again: the process must be alive, and a server of this cluster as far as the system lets us see. */
function isServerProcess(pid: number, cluster: string): boolean {
  if (process.platform !== "linux") return isAlive(pid);
  return read(`/proc/${pid}/cmdline`)?.split("\0").includes(cluster) ?? false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already, which is what was asked for.
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
