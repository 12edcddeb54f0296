import { Command, InvalidArgumentError } from "commander";
import pc from "picocolors";
import { type Arrival, type Client, type OfferedFile, saveFile } from "@heliograph/client";
import {
  accountClient,
  type AccountOptions,
  registerOrExplain,
  withAccountOptions,
} from "../account-options.js";
import { formatBytes, plain } from "../chat/describe.js";
import { describeArrival } from "../describe-arrival.js";
import type { Terminal } from "../terminal.js";

interface ListenOptions extends AccountOptions {
  readonly count?: number;
  readonly json?: boolean;
  readonly downloadDir: string;
  readonly acceptFiles?: boolean;
}

/** `heliograph listen`. */
export function listenCommand(terminal: Terminal): Command {
  return withAccountOptions(new Command("listen"), terminal)
    .description("register, and show messages as they come, in sessions too, until Ctrl-C")
    .option("--count <messages>", "stop after so many", parseCount)
    .option("--json", "one JSON object a line")
    .option("--download-dir <folder>", "where files go that you take", ".")
    .option("--accept-files", "take every file without asking")
    .action((options: ListenOptions) => listen(terminal, options));
}

async function listen(terminal: Terminal, options: ListenOptions): Promise<void> {
  const client = await accountClient(options, terminal);
  let left = options.count ?? Number.POSITIVE_INFINITY;
  const enough = new Promise<void>((resolve) => {
    const taken = (): void => {
      left -= 1;
      if (left <= 0) setImmediate(resolve);
    };
    client.onMessage((arrival) => {
      if (arrival.isRepeat) return;
      terminal.out(`${options.json ? JSON.stringify(toRow(arrival)) : describeArrival(arrival)}\n`);
      void client.markDisplayed(arrival.message);
      taken();
    });
    takeSessions(client, terminal, options, taken);
  });
  try {
    await registerOrExplain(client);
    terminal.err(pc.dim("registered; waiting for messages (Ctrl-C ends it)\n"));
    await Promise.race([enough, terminal.interrupted()]);
  } finally {
    await client.close();
  }
}

/** What is said in sessions is shown like any message. */
function takeSessions(client: Client, terminal: Terminal, options: ListenOptions, taken: () => void): void {
  client.onSession(async (invitation) => {
    const from = plain(invitation.from);
    const onFile = (file: OfferedFile) => takeFile({ file, from, terminal, options, taken });
    const session = await invitation.accept({ onFile });
    if (!session) return;
    terminal.err(pc.dim(`${from} has opened a session\n`));
    session.onEnded(() => terminal.err(pc.dim(`the session with ${from} is over\n`)));
  });
}

async function takeFile({
  file,
  from,
  terminal,
  options,
  taken,
}: {
  readonly file: OfferedFile;
  readonly from: string;
  readonly terminal: Terminal;
  readonly options: ListenOptions;
  readonly taken: () => void;
}): Promise<void> {
  const what = `${plain(file.name ?? "a file")}${file.size === undefined ? "" : ` (${formatBytes(file.size)})`}`;
  const isWanted =
    options.acceptFiles === true || (await terminal.ask(`${from} offers ${what}. Take it (y/n)? `)) === "y";
  if (!isWanted) {
    terminal.err(pc.dim(`declined ${what} from ${from} (--accept-files takes every file)\n`));
    return file.decline();
  }
  const taker = await saveFile(file, options.downloadDir);
  const received = await file.accept(taker).outcome;
  if (received.kind === "lost") {
    return terminal.err(pc.red(`${what} from ${from} broke off: ${received.reason}\n`));
  }
  const row = { from, file: taker.path, size: received.size };
  terminal.out(options.json ? `${JSON.stringify(row)}\n` : `${pc.bold(from)}  saved ${taker.path}\n`);
  taken();
}

function toRow({ message }: Arrival): object {
  const { from, to, text, contentType, messageId, sentAt } = message;
  return { from, to, text, contentType, messageId, sentAt };
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError("say a whole number above 0");
  return count;
}
