import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The file that the command line reads the key from. */
export const adminKeyFile = (dataDir: string): string => join(dataDir, "admin-key");

/** The key of the admin API: made once, kept in the data folder, readable by its owner alone. */
export function adminKeyIn(dataDir: string): string {
  const file = adminKeyFile(dataDir);
  if (!existsSync(file)) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(file, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600, flag: "wx", flush: true });
  }
  return readFileSync(file, "utf8").trim();
}
