import { Command } from "commander";
import pc from "picocolors";
import { adminApi, type AdminOptions, withAdminOptions } from "../admin-options.js";
import { formatDuration } from "../duration.js";
import type { Terminal } from "../terminal.js";

/** What `/v1/status` answers. */
interface Status {
  readonly subscribers: number;
  readonly domains: number;
  readonly registeredUsers: number;
  readonly deferred: { readonly waiting: number; readonly bytes: number; readonly oldestAtMs?: number };
}

/** `heliograph status`. */
export function statusCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("status"), terminal)
    .description("what the service is doing")
    .option("--json", "as JSON")
    .action(async (options: AdminOptions & { json?: boolean }) => {
      const status = await adminApi(options, terminal).get<Status>("/v1/status");
      terminal.out(options.json ? `${JSON.stringify(status)}\n` : describe(status));
    });
}

function describe({ subscribers, domains, registeredUsers, deferred }: Status): string {
  const oldest =
    deferred.oldestAtMs === undefined
      ? ""
      : `, the oldest for ${formatDuration(Date.now() - deferred.oldestAtMs)}`;
  return [
    `${pc.bold(String(subscribers))} users in ${pc.bold(String(domains))} domains`,
    `${pc.bold(String(registeredUsers))} of them registered`,
    `${pc.bold(String(deferred.waiting))} messages waiting for offline users (${deferred.bytes} bytes${oldest})`,
    "",
  ].join("\n");
}
