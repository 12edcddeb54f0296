import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder, and those above it, where they are missing. Node's own recursive `mkdir` never comes back from a file
 * system that takes no folders, such as `/proc`; here it throws what the system says.
 */
export function makeFolder(path: string, mode: number): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path), mode);
  try {
    mkdirSync(path, { mode });
  } catch (cause) {
    if (!existsSync(path)) throw cause;
  }
}
