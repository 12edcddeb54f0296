import { readdirSync, readFileSync } from "node:fs";

const ticksPerSecond = 100;

/** Microseconds of CPU that a process and all its descendants have used, as the kernel counts them (10 ms steps). */
export function cpuMicros(pid: number): number {
  return treeOf(pid).reduce((sum, { ticks }) => sum + ticks, 0) * (1_000_000 / ticksPerSecond);
}

/** Resident memory of one process, in bytes. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1] ?? 0) * 1024;
}

interface Usage {
  readonly pid: number;
  readonly parent: number;
  /** Its own, and those of children that have ended. */
  readonly ticks: number;
}

function treeOf(root: number): Usage[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => usageOf(Number(name)));
  const tree = all.filter(({ pid }) => pid === root);
  for (const member of tree) tree.push(...all.filter(({ parent }) => parent === member.pid));
  return tree;
}

function usageOf(pid: number): Usage[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [parent = 0, user = 0, system = 0, childUser = 0, childSystem = 0] = [1, 11, 12, 13, 14].map(
      (at) => fields[at],
    );
    return [{ pid, parent, ticks: user + system + childUser + childSystem }];
  } catch {
    return [];
  }
}
