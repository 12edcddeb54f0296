import type { Command } from "commander";
import { AdminApi } from "./admin-api.js";
import type { Terminal } from "./terminal.js";

/** How a command finds the admin API. */
export interface AdminOptions {
  readonly admin: string;
  readonly keyFile: string;
}

/** Adds `--admin` and `--key-file`. */
export function withAdminOptions(command: Command, { env }: Terminal): Command {
  return command
    .option("--admin <url>", "address of the admin API", env["HELIOGRAPH_ADMIN"] ?? "http://127.0.0.1:8080")
    .option("--key-file <file>", "file with the admin key", env["ADMIN_API_KEY_FILE"] ?? "data/admin-key");
}

/** The API that the options name. */
export function adminApi({ admin, keyFile }: AdminOptions, { env }: Terminal): AdminApi {
  return new AdminApi({ url: admin, keyFile, key: env["ADMIN_API_KEY"] });
}
