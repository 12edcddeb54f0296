import { type Client, createClient } from "@heliograph/client";
import type { Command } from "commander";
import type { Terminal } from "./terminal.js";

/** Whose client a command is. */
export interface AccountOptions {
  readonly as?: string;
  readonly password?: string;
  readonly server?: string;
  readonly insecure?: boolean;
}

/** Adds `--as`, `--password`, `--server` and `--insecure`. */
export function withAccountOptions(command: Command, { env }: Terminal): Command {
  return command
    .option("--as <uri>", "who you are, such as sip:alice@127.0.0.1", env["HELIOGRAPH_USER"])
    .option("--password <password>", "your password (better: HELIOGRAPH_PASSWORD, or answer the question)")
    .option(
      "--server <uri>",
      "where the service is, such as sip:127.0.0.1;transport=tcp",
      env["HELIOGRAPH_SERVER"],
    )
    .option("--insecure", "accept a certificate that nobody has signed");
}

/** The client that the options describe; asks for what is missing. */
export async function accountClient(options: AccountOptions, terminal: Terminal): Promise<Client> {
  const aor = options.as ?? (await terminal.ask("Who are you (sip:NAME@DOMAIN)? "));
  if (!aor) throw new Error("who are you? Say --as sip:NAME@DOMAIN, or set HELIOGRAPH_USER");
  const password =
    options.password ??
    terminal.env["HELIOGRAPH_PASSWORD"] ??
    (await terminal.ask(`Password for ${aor}: `, { isSecret: true }));
  return createClient({
    aor,
    ...(password !== undefined && { password }),
    ...(options.server !== undefined && { server: options.server }),
    verifiesCertificate: options.insecure !== true,
  });
}

/** The sentence for a service that cannot be reached. */
export function unreachable(reason: string): string {
  return `the service cannot be reached (${reason}): start it (npm start), or say where it is with --server`;
}

/** The sentence for a refusal, with what to do about it where that is known. */
export function refused(status: number, reason: string): string {
  const advice = [401, 403, 407].includes(status)
    ? ": check --as and the password (HELIOGRAPH_PASSWORD)"
    : "";
  return `the service says ${status} ${reason}${advice}`;
}

/** Registers, or throws a sentence that says what is wrong. */
export async function registerOrExplain(client: Client): Promise<void> {
  const registered = await client.register();
  if (registered.kind === "unreachable") throw new Error(unreachable(registered.reason));
  if (registered.kind === "refused") throw new Error(refused(registered.status, registered.reason));
}
