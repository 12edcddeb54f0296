import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { configExitStatus } from "@heliograph/runtime";

/** A process that is started again when it ends by itself. */
export interface Supervision {
  readonly name: string;
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
  /** Takes what the process writes, line by line, and what happens to it. */
  readonly say: (line: string) => void;
  /** The configuration is wrong: starting again would not help. */
  readonly onGivenUp: () => void;
}

const firstDelayMs = 200;
const longestDelayMs = 5_000;
/** A process that lived this long is not in a crash loop. */
const steadyMs = 10_000;
const stopWithinMs = 20_000;

/** Runs a process, starts it again with back-off when it dies, stops it in an orderly way when asked. */
export class SupervisedProcess {
  #child: ChildProcess | undefined;
  #delayMs = firstDelayMs;
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(private readonly supervision: Supervision) {}

  start(): void {
    const { name, file, env, say } = this.supervision;
    const startedAtMs = performance.now();
    const child = spawn(process.execPath, [file], {
      env: { ...env, STOPS_WITH_STDIN: "1" },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    this.#child = child;
    for (const output of [child.stdout, child.stderr]) forwardLines(output, say);
    say(`${name} started as process ${child.pid ?? "?"}`);
    child.once("exit", (status, signal) => this.#hearExit(status, signal, performance.now() - startedAtMs));
  }

  /** SIGTERM, and SIGKILL for one that does not listen. Settles when the process is gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const patience = setTimeout(() => child.kill("SIGKILL"), stopWithinMs);
    await gone;
    clearTimeout(patience);
  }

  #hearExit(status: number | null, signal: NodeJS.Signals | null, livedMs: number): void {
    const { name, say, onGivenUp } = this.supervision;
    if (this.#isStopping) return say(`${name} stopped`);
    if (status === configExitStatus) return onGivenUp();
    if (livedMs > steadyMs) this.#delayMs = firstDelayMs;
    say(`${name} ended (${signal ?? `status ${status}`}); starting it again in ${this.#delayMs} ms`);
    this.#timer = setTimeout(() => this.start(), this.#delayMs);
    this.#delayMs = Math.min(this.#delayMs * 2, longestDelayMs);
  }
}

function forwardLines(output: Readable, say: (line: string) => void): void {
  createInterface({ input: output }).on("line", say);
}
