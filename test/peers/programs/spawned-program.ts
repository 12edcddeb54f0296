import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A program that runs beside a test: its output is kept and can be waited for. */
export class SpawnedProgram {
  readonly #child: ChildProcess;
  #output = "";
  #wake = new Set<() => void>();

  constructor(
    command: string,
    args: readonly string[],
    options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
  ) {
    this.#child = spawn(command, args, { ...options, stdio: ["pipe", "pipe", "pipe"] });
    running.add(this.#child);
    this.#child.once("exit", () => {
      running.delete(this.#child);
      this.#wakeAll();
    });
    this.#child.once("error", (cause) => this.#take(`\n${command} could not be started: ${cause.message}\n`));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk: Buffer) => this.#take(chunk.toString()));
    }
  }

  /** Everything that it has printed. */
  get output(): string {
    return this.#output;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Types a line. */
  type(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Waits until the output matches; rejects with the output when it does not in time. */
  async waitFor(pattern: RegExp, withinMs = 15_000): Promise<RegExpExecArray> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const found = pattern.exec(this.#output);
      if (found) return found;
      const left = deadline - Date.now();
      if (left <= 0 || this.hasExited) {
        throw new Error(
          `${String(pattern)} was not printed within ${withinMs} ms:\n${this.#output.slice(-3_000)}`,
        );
      }
      await this.#change(left);
    }
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Waits for its end; null where a signal ended it. */
  async exit(withinMs: number): Promise<number | null> {
    if (!this.hasExited) {
      const killer = setTimeout(() => this.#child.kill("SIGKILL"), withinMs);
      await once(this.#child, "exit");
      clearTimeout(killer);
    }
    return this.#child.exitCode;
  }

  /** Ends it: SIGTERM, and SIGKILL where that does not help. */
  async stop(): Promise<void> {
    if (this.hasExited) return;
    this.#child.kill("SIGTERM");
    await this.exit(3_000);
  }

  #take(text: string): void {
    this.#output += text;
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#wake) wake();
    this.#wake = new Set();
  }

  #change(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#wake.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
