import { randomBytes } from "node:crypto";
import { Command, Option } from "commander";
import pc from "picocolors";
import type { SubscriberRow } from "../admin-api.js";
import { adminApi, type AdminOptions, withAdminOptions } from "../admin-options.js";
import type { Terminal } from "../terminal.js";

const pageSize = 200;

/** `heliograph user add|list|set|remove`. */
export function userCommand(terminal: Terminal): Command {
  const command = new Command("user").description("add, list, change and remove users");

  withAdminOptions(command.command("add <uri>"), terminal)
    .description("add a user, such as sip:dave@example.org")
    .option(
      "--password <password>",
      "the password (better: answer the question, or set HELIOGRAPH_NEW_PASSWORD)",
    )
    .option("--name <name>", "the name shown to others")
    .action((uri: string, options: AdminOptions & AddOptions) => addUser(terminal, uri, options));

  withAdminOptions(command.command("list"), terminal)
    .description("list the users")
    .option("--domain <domain>", "only those of one domain")
    .option("--json", "one JSON object a line")
    .action((options: AdminOptions & ListOptions) => listUsers(terminal, options));

  withAdminOptions(command.command("set <uri>"), terminal)
    .description("change a user's settings")
    .addOption(
      new Option("--auto-accept <switch>", "answer sessions at once, before a device does")
        .choices(["on", "off"])
        .makeOptionMandatory(),
    )
    .action((uri: string, options: AdminOptions & SetOptions) => setUser(terminal, uri, options));

  withAdminOptions(command.command("remove <uri>"), terminal)
    .description("remove a user, with the user's registrations")
    .action(async (uri: string, options: AdminOptions) => {
      await adminApi(options, terminal).delete(`/v1/subscribers/${encodeURIComponent(uri)}`);
      terminal.out(`${uri} is removed\n`);
    });

  return command;
}

interface AddOptions {
  readonly password?: string;
  readonly name?: string;
}

async function addUser(terminal: Terminal, uri: string, options: AdminOptions & AddOptions): Promise<void> {
  const given =
    options.password ??
    terminal.env["HELIOGRAPH_NEW_PASSWORD"] ??
    (await terminal.ask(`Password for ${uri} (empty: make one): `, { isSecret: true }));
  const password = given || randomBytes(12).toString("base64url");
  const display = options.name === undefined ? {} : { display: options.name };
  await adminApi(options, terminal).post("/v1/subscribers", { aor: uri, password, ...display });
  terminal.out(`${uri} is added${given ? "" : `, with the password ${pc.bold(password)}`}\n`);
}

interface SetOptions {
  readonly autoAccept: "on" | "off";
}

/** @spec PF-07 */
async function setUser(
  terminal: Terminal,
  uri: string,
  { autoAccept, ...options }: AdminOptions & SetOptions,
): Promise<void> {
  const settings = { autoAcceptsSessions: autoAccept === "on" };
  await adminApi(options, terminal).patch(`/v1/subscribers/${encodeURIComponent(uri)}`, settings);
  terminal.out(
    `sessions for ${uri} are ${autoAccept === "on" ? "answered at once" : "left to its devices"}\n`,
  );
}

interface ListOptions {
  readonly domain?: string;
  readonly json?: boolean;
}

async function listUsers(terminal: Terminal, options: AdminOptions & ListOptions): Promise<void> {
  const api = adminApi(options, terminal);
  let after = "";
  let count = 0;
  for (;;) {
    const query = new URLSearchParams({
      limit: String(pageSize),
      ...(options.domain !== undefined && { domain: options.domain }),
      ...(after !== "" && { after }),
    });
    const { subscribers } = await api.get<{ subscribers: SubscriberRow[] }>(
      `/v1/subscribers?${query.toString()}`,
    );
    for (const row of subscribers)
      terminal.out(`${options.json ? JSON.stringify(row) : describeUser(row)}\n`);
    count += subscribers.length;
    after = subscribers.at(-1)?.aor ?? "";
    if (subscribers.length < pageSize) break;
  }
  if (count === 0 && !options.json)
    terminal.out('no users yet: "heliograph user add sip:NAME@DOMAIN" adds one\n');
}

function describeUser(row: SubscriberRow): string {
  const { aor, display, isBarred, autoAcceptsSessions, bindings } = row;
  const presence =
    bindings === 0 ? pc.dim("offline") : pc.green(`${bindings} device${bindings > 1 ? "s" : ""}`);
  const marks = [isBarred ? pc.red("barred") : "", autoAcceptsSessions ? "auto-accept" : ""];
  return [aor.padEnd(36), presence, display ?? "", ...marks.filter(Boolean)].join("  ").trimEnd();
}
