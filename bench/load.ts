import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** The address from which the generator sends: trusted as a core is, so that no side has to check credentials. */
export const generatorAddress = "127.0.0.2";

const scenarios = join(process.cwd(), "bench/scenarios");

/** A run of sipp. */
export interface Load {
  readonly scenario: "message" | "register" | "invite";
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly calls: number;
  readonly perSecond: number;
  /** How many senders `a<n>` and recipients `b<n>`. */
  readonly users: number;
  /** The letter of the recipients: `b` when not given. */
  readonly recipients?: string;
}

/** What came of it. */
export interface LoadResult {
  readonly calls: number;
  readonly failed: number;
  readonly seconds: number;
  /** The bound, in ms, that 99 of 100 answers stayed under. */
  readonly p99Ms: number;
}

/** Sends what the scenario says and waits for all the answers. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const stats = join(folder, "stats.csv");
  const users = join(folder, "users.csv");
  writeFileSync(users, injection(load.users, load.recipients ?? "b"));
  const startedAtMs = performance.now();
  await run([
    `127.0.0.1:${load.port}`,
    "-sf",
    join(scenarios, `${load.scenario}.xml`),
    "-inf",
    users,
    "-i",
    load.localAddress,
    "-p",
    String(load.localPort),
    "-m",
    String(load.calls),
    "-r",
    String(load.perSecond),
    "-l",
    "15000",
    "-nostdin",
    "-trace_stat",
    "-stf",
    stats,
    "-fd",
    "1",
    "-timeout",
    "120s",
  ]);
  const seconds = (performance.now() - startedAtMs) / 1000;
  return readStats(readFileSync(stats, "utf8"), seconds);
}

/** Devices for all users at one port: each answers 200, to messages or to INVITEs. Returns how to end them. */
export async function startDevices(
  port: number,
  localPort: number,
  scenario: "device" | "callee" = "device",
): Promise<() => void> {
  const child = spawn(
    "sipp",
    [
      `127.0.0.1:${port}`,
      "-sf",
      join(scenarios, `${scenario}.xml`),
      "-i",
      "127.0.0.1",
      "-p",
      String(localPort),
      "-nostdin",
    ],
    { cwd: tmpdir(), stdio: "ignore", env: { ...process.env, TERM: "xterm" } },
  );
  await wait(500);
  return () => void child.kill("SIGKILL");
}

function injection(users: number, letter: string): string {
  const line = (n: number) =>
    `a${n};${letter}${n};127.0.0.1;[authentication username=${letter}${n} password=secret]`;
  return ["SEQUENTIAL", ...Array.from({ length: users }, (_, n) => line(n)), ""].join("\n");
}

function run(args: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const options = { cwd: tmpdir(), env: { ...process.env, TERM: "xterm" }, maxBuffer: 64 << 20 };
    // sipp ends with 1 when a call failed: the statistics say how many did.
    execFile("sipp", [...args], options, () => resolve());
  });
}

function readStats(text: string, seconds: number): LoadResult {
  const lines = text.trim().split("\n");
  const names = (lines[0] ?? "").split(";");
  const values = (lines.at(-1) ?? "").split(";");
  const valueOf = (name: string) => Number(values[names.indexOf(name)] ?? 0);
  const successful = valueOf("SuccessfulCall(C)");
  return {
    calls: successful,
    failed: valueOf("FailedCall(C)"),
    seconds,
    p99Ms: percentile(names, values, 0.99),
  };
}

function percentile(names: readonly string[], values: readonly string[], share: number): number {
  const buckets = names.flatMap((name, at) => {
    const bound = /^ResponseTimeRepartition1_<(\d+)$/.exec(name)?.[1];
    return bound === undefined ? [] : [{ bound: Number(bound), count: Number(values[at]) }];
  });
  const over = names.findIndex((name) => name.startsWith("ResponseTimeRepartition1_>="));
  const total = buckets.reduce((sum, { count }) => sum + count, Number(values[over] ?? 0));
  let seen = 0;
  for (const { bound, count } of buckets) {
    seen += count;
    if (seen >= total * share) return bound;
  }
  return Number.POSITIVE_INFINITY;
}
