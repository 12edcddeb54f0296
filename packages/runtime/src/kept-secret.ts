import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ConfigError } from "./config-error.js";
import { makeFolder } from "./make-folder.js";

/**
 * The secret in `file`; where there is none, one is made once and kept, readable by its owner alone. Others may pass
 * through a folder that is made for it, as the account of an embedded Postgres must, but not list it. Throws
 * `ConfigError` where the file can be neither read nor made.
 */
export function keptSecret(file: string): string {
  try {
    return readOrMake(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError([
      `${file} can be neither read nor made: DATA_DIR must be a folder of ours (${why})`,
    ]);
  }
}

function readOrMake(file: string): string {
  if (!existsSync(file)) {
    makeFolder(dirname(file), 0o711);
    writeFileSync(file, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600, flag: "wx", flush: true });
  }
  return readFileSync(file, "utf8").trim();
}
