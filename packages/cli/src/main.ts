import { CommanderError } from "commander";
import pc from "picocolors";
import { processTerminal } from "./process-terminal.js";
import { createProgram } from "./program.js";

try {
  await createProgram(processTerminal()).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError))
    console.error(pc.red(error instanceof Error ? error.message : String(error)));
  process.exitCode = error instanceof CommanderError ? error.exitCode : 1;
}
