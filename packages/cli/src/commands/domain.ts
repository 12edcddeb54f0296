import { Command } from "commander";
import pc from "picocolors";
import type { DomainRow } from "../admin-api.js";
import { adminApi, type AdminOptions, withAdminOptions } from "../admin-options.js";
import type { Terminal } from "../terminal.js";

/** `heliograph domain add|list|remove`. */
export function domainCommand(terminal: Terminal): Command {
  const command = new Command("domain").description("add, list and remove the domains that are served");

  withAdminOptions(command.command("add <name> [aliases...]"), terminal)
    .description("serve a domain; its aliases mean the same users")
    .action(async (name: string, aliases: string[], options: AdminOptions) => {
      await adminApi(options, terminal).post("/v1/domains", { name, aliases });
      terminal.out(`${name} is served\n`);
    });

  withAdminOptions(command.command("list"), terminal)
    .description("list the domains")
    .option("--json", "as JSON")
    .action(async (options: AdminOptions & { json?: boolean }) => {
      const { domains } = await adminApi(options, terminal).get<{ domains: DomainRow[] }>("/v1/domains");
      if (options.json) return terminal.out(`${JSON.stringify(domains)}\n`);
      for (const { name, aliases } of domains) {
        terminal.out(`${name}${aliases.length > 0 ? pc.dim(`  also ${aliases.join(", ")}`) : ""}\n`);
      }
    });

  withAdminOptions(command.command("remove <name>"), terminal)
    .description("stop serving a domain that has no users any more")
    .action(async (name: string, options: AdminOptions) => {
      await adminApi(options, terminal).delete(`/v1/domains/${encodeURIComponent(name)}`);
      terminal.out(`${name} is no longer served\n`);
    });

  return command;
}
