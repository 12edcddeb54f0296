import { CommanderError } from "commander";
import pc from "picocolors";
import { processTerminal } from "./process-terminal.js";
import { createProgram } from "./program.js";

// Who reads us may have had enough, as `head` has.
process.stdout.on("error", (cause: NodeJS.ErrnoException) => process.exit(cause.code === "EPIPE" ? 0 : 1));

try {
  await createProgram(processTerminal()).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError))
    console.error(pc.red(error instanceof Error ? error.message : String(error)));
  process.exitCode = error instanceof CommanderError ? error.exitCode : 1;
}
