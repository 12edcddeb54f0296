import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { editLines } from "./line-editor.js";
import type { Terminal } from "./terminal.js";

/** The terminal of this process. */
export function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    ask,
    edit: (onKey) => editLines(onKey),
    env: process.env,
    interrupted: () => new Promise((resolve) => process.once("SIGINT", () => resolve())),
  };
}

async function ask(question: string, { isSecret = false } = {}): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  process.stderr.write(question);
  const output = isSecret ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr;
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await lines.question("");
  } finally {
    lines.close();
    if (isSecret) process.stderr.write("\n");
  }
}
