import { clearLine, createInterface, cursorTo, type Interface } from "node:readline";
import type { LineEditor } from "./terminal.js";

/** Lines of this process' standard input: with editing and history at a terminal, as they come from elsewhere. */
export function editLines(onKey: () => void): LineEditor {
  const isInteractive = process.stdin.isTTY && process.stdout.isTTY;
  const reader = createInterface({ input: process.stdin, output: process.stdout, terminal: isInteractive });
  if (isInteractive) process.stdin.on("keypress", onKey);
  return {
    isInteractive,
    lines: linesOf(reader),
    show: (line) => {
      if (isInteractive) {
        clearLine(process.stdout, 0);
        cursorTo(process.stdout, 0);
      }
      process.stdout.write(`${line}\n`);
      if (isInteractive) reader.prompt(true);
    },
    prompt: (text) => {
      if (!isInteractive) return;
      reader.setPrompt(text);
      reader.prompt(true);
    },
    close: () => {
      process.stdin.off("keypress", onKey);
      reader.close();
    },
  };
}

/** Every line, also those that come while nobody waits for one. */
async function* linesOf(reader: Interface): AsyncGenerator<string> {
  const waiting: string[] = [];
  let isOver = false;
  let wake: () => void = () => undefined;
  reader.on("line", (line) => {
    waiting.push(line);
    wake();
  });
  reader.on("close", () => {
    isOver = true;
    wake();
  });
  reader.on("SIGINT", () => reader.close());
  for (;;) {
    const line = waiting.shift();
    if (line !== undefined) yield line;
    else if (isOver) return;
    else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}
