import { clearLine, createInterface, cursorTo, type Interface } from "node:readline";
import type { LineEditor } from "./terminal.js";

/** Where lines come from, and what is shown goes to. */
interface Streams {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Lines of this process' standard input: with editing and history at a terminal, as they come from elsewhere. */
export function editLines(
  onKey: () => void,
  { input, output }: Streams = { input: process.stdin, output: process.stdout },
): LineEditor {
  const isInteractive = input.isTTY === true && output.isTTY === true;
  const reader = createInterface({ input, output, terminal: isInteractive });
  if (isInteractive) input.on("keypress", onKey);
  return {
    isInteractive,
    lines: linesOf(reader),
    show: (line) => {
      if (isInteractive) {
        clearLine(output, 0);
        cursorTo(output, 0);
      }
      output.write(`${line}\n`);
      if (isInteractive) reader.prompt(true);
    },
    prompt: (text) => {
      if (!isInteractive) return;
      reader.setPrompt(text);
      reader.prompt(true);
    },
    close: () => {
      input.off("keypress", onKey);
      reader.close();
    },
  };
}

/** Every line, also those that come before anybody waits for one. */
function linesOf(reader: Interface): AsyncIterable<string> {
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
  async function* typed(): AsyncGenerator<string> {
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
  return typed();
}
