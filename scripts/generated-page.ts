import { readFileSync, writeFileSync } from "node:fs";

/** Writes a page that is made from the code; with `--check` on the command line, exits with 1 when it is stale. */
export function generatedPage(file: string, text: string, remedy: string): void {
  if (!process.argv.includes("--check")) return writeFileSync(file, text);
  if (readFileSync(file, "utf8") === text) return;
  process.stderr.write(`${file} is stale: ${remedy}\n`);
  process.exitCode = 1;
}
