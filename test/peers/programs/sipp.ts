import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SpawnedProgram } from "./spawned-program.js";

/** One run of sipp. */
export interface SippRun {
  /** A scenario, as XML. */
  readonly scenario: string;
  readonly server: string;
  /** How many calls; 1 when not given. */
  readonly calls?: number;
  readonly localAddress?: string;
  readonly localPort: number;
  /** Lines of the injection file, without the SEQUENTIAL line. */
  readonly users?: readonly string[];
  readonly args?: readonly string[];
  readonly withinMs?: number;
}

/** What came of it; `log` has sipp's own error messages where something went wrong. */
export interface SippResult {
  readonly exitCode: number | null;
  readonly log: string;
}

/** Starts sipp and does not wait: for scenarios that are called. */
export function startSipp(run: SippRun): { program: SpawnedProgram; result: Promise<SippResult> } {
  const folder = mkdtempSync(join(tmpdir(), "sipp-"));
  const scenario = join(folder, "scenario.xml");
  writeFileSync(scenario, run.scenario);
  const users = join(folder, "users.csv");
  if (run.users) writeFileSync(users, ["SEQUENTIAL", ...run.users, ""].join("\n"));
  const program = new SpawnedProgram(
    "sipp",
    [
      run.server,
      ...["-sf", scenario, "-i", run.localAddress ?? "127.0.0.1", "-p", String(run.localPort)],
      ...["-m", String(run.calls ?? 1), "-nostdin", "-trace_err", "-timeout", "30s", "-timeout_error"],
      ...(run.users ? ["-inf", users] : []),
      ...(run.args ?? []),
    ],
    { cwd: folder, env: { ...process.env, TERM: "xterm" } },
  );
  const result = program.exit(run.withinMs ?? 40_000).then((exitCode) => {
    const errors = readdirSync(folder).filter((name) => name.endsWith("_errors.log"));
    const log = errors.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
    return { exitCode, log: log || program.output.slice(-1_500) };
  });
  return { program, result };
}

/** Runs sipp to its end: exit code 0 means that every call went as the scenario says. */
export function runSipp(run: SippRun): Promise<SippResult> {
  return startSipp(run).result;
}
