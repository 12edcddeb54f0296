import { Command } from "commander";
import pc from "picocolors";
import { adminApi, type AdminOptions, withAdminOptions } from "../admin-options.js";
import { formatDuration } from "../duration.js";
import type { Terminal } from "../terminal.js";

/** What `/v1/status` answers; what a service does not say is left out. */
interface Status {
  readonly subscribers?: number;
  readonly domains?: number;
  readonly registeredUsers?: number;
  readonly deferred?: { readonly waiting: number; readonly bytes: number; readonly oldestAtMs?: number };
  readonly services: readonly { readonly isAnswering: boolean; readonly detail?: string }[];
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

function describe({ subscribers, domains, registeredUsers, deferred, services }: Status): string {
  const silent = services.filter(({ isAnswering }) => !isAnswering);
  return [
    `Users       ${known(subscribers)}, domains ${known(domains)}`,
    `Registered  ${known(registeredUsers)}`,
    `Waiting     ${known(deferred?.waiting)} messages for offline users${deferred ? sizeOf(deferred) : ""}`,
    ...silent.map(({ detail }) => pc.red(detail ?? "a service does not answer")),
    "",
  ].join("\n");
}

const known = (count: number | undefined): string =>
  count === undefined ? pc.yellow("unknown") : pc.bold(String(count));

function sizeOf({ bytes, oldestAtMs }: NonNullable<Status["deferred"]>): string {
  const age = oldestAtMs === undefined ? "" : `, the oldest for ${formatDuration(Date.now() - oldestAtMs)}`;
  return ` (${bytes} bytes${age})`;
}
