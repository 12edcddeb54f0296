import { Command, InvalidArgumentError } from "commander";
import pc from "picocolors";
import type { Arrival } from "@heliograph/client";
import {
  accountClient,
  type AccountOptions,
  registerOrExplain,
  withAccountOptions,
} from "../account-options.js";
import { describeArrival } from "../describe-arrival.js";
import type { Terminal } from "../terminal.js";

interface ListenOptions extends AccountOptions {
  readonly count?: number;
  readonly json?: boolean;
}

/** `heliograph listen`. */
export function listenCommand(terminal: Terminal): Command {
  return withAccountOptions(new Command("listen"), terminal)
    .description("register, and show messages as they come, until Ctrl-C")
    .option("--count <messages>", "stop after so many", parseCount)
    .option("--json", "one JSON object a line")
    .action((options: ListenOptions) => listen(terminal, options));
}

async function listen(terminal: Terminal, options: ListenOptions): Promise<void> {
  const client = await accountClient(options, terminal);
  let left = options.count ?? Number.POSITIVE_INFINITY;
  const enough = new Promise<void>((resolve) => {
    client.onMessage(async (arrival) => {
      if (arrival.isRepeat) return;
      terminal.out(`${options.json ? JSON.stringify(toRow(arrival)) : describeArrival(arrival)}\n`);
      left -= 1;
      if (left <= 0) setImmediate(resolve);
      void client.markDisplayed(arrival.message);
    });
  });
  try {
    await registerOrExplain(client);
    terminal.err(pc.dim("registered; waiting for messages (Ctrl-C ends it)\n"));
    await Promise.race([enough, terminal.interrupted()]);
  } finally {
    await client.close();
  }
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
