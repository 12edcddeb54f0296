import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "./free-port.js";
import type { TestServer } from "./test-server.js";

/** How to run a program that serves one port and writes into one folder. */
export interface Program {
  readonly command: string;
  readonly args: (port: number, folder: string) => readonly string[];
  readonly url: (port: number) => string;
}

const startTimeoutMs = 15_000;
const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** Runs a program of this machine on a free loopback port in a temporary folder. */
export async function startProgram(program: Program): Promise<TestServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), `${program.command}-`));
  const run = () => runUntilReady(program, port, folder);
  let child = await run();
  return {
    url: program.url(port),
    source: "program",
    kill: () => end(child, "SIGKILL"),
    restart: async () => {
      await end(child, "SIGKILL");
      child = await run();
    },
    stop: async () => {
      await end(child, "SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function runUntilReady(program: Program, port: number, folder: string): Promise<ChildProcess> {
  const child = spawn(program.command, program.args(port, folder), { stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-2_000);
    });
  }
  const failed = once(child, "error").then(([cause]) => Promise.reject(cause as Error));
  failed.catch(() => undefined);
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline && child.exitCode === null) {
    if (await Promise.race([answers(port), failed])) return child;
    await wait(20);
  }
  await end(child, "SIGKILL");
  throw new Error(`${program.command} does not start:\n${output}`);
}

async function end(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await gone;
  clearTimeout(timer);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const settle = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}
