import { Command } from "commander";
import pc from "picocolors";
import type { Client, Receipt, Sent } from "@heliograph/client";
import {
  accountClient,
  type AccountOptions,
  registerOrExplain,
  withAccountOptions,
} from "../account-options.js";
import { describeArrival } from "../describe-arrival.js";
import type { Terminal } from "../terminal.js";

interface SendOptions extends AccountOptions {
  readonly receipts?: boolean;
  readonly wait: string;
}

/** `heliograph send`. */
export function sendCommand(terminal: Terminal): Command {
  return withAccountOptions(new Command("send"), terminal)
    .description("send a message; exits with 0 when a device or the service has it")
    .argument("<to>", "the recipient, such as sip:bob@127.0.0.1")
    .argument("<text...>", "the message")
    .option("--receipts", "ask for receipts and show them")
    .option("--wait <seconds>", "how long to wait for receipts", "5")
    .action((to: string, words: string[], options: SendOptions) =>
      send(terminal, to, words.join(" "), options),
    );
}

async function send(terminal: Terminal, to: string, text: string, options: SendOptions): Promise<void> {
  const client = await accountClient(options, terminal);
  const receipts = options.receipts ? receiptsOf(client, Number(options.wait) * 1000) : undefined;
  try {
    // A registered device is given the messages that wait: they are shown, so that none is lost here.
    client.onMessage((arrival) => terminal.out(`${describeArrival(arrival)}\n`));
    await (options.receipts ? registerOrExplain(client) : client.open());
    const sent = await client.sendText(to, text, options.receipts ? { wants: allReceipts } : {});
    terminal.out(`${describeSent(sent, to)}\n`);
    if (sent.kind !== "accepted") throw new Error("the message was not taken");
    for await (const receipt of receipts?.(sent.messageId) ?? []) terminal.out(`  ${receipt.status}\n`);
  } finally {
    await client.close();
  }
}

const allReceipts = ["positive-delivery", "negative-delivery", "processing", "display"] as const;

/** The receipts for one message as they come, until somebody has displayed it or the time is up. */
function receiptsOf(client: Client, withinMs: number) {
  const heard: Receipt[] = [];
  let wake: () => void = () => undefined;
  client.onReceipt((receipt) => {
    heard.push(receipt);
    wake();
  });
  return async function* (messageId: string): AsyncGenerator<Receipt> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const receipt = heard.shift();
      if (receipt?.messageId === messageId) yield receipt;
      if (receipt?.kind === "display" || Date.now() >= deadline) return;
      if (receipt) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now());
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
}

function describeSent(sent: Sent, to: string): string {
  if (sent.kind === "unreachable") return pc.red(`not sent: ${sent.reason}`);
  if (sent.kind === "refused") return pc.red(`not sent: ${sent.status} ${sent.reason}`);
  return sent.status === 200 ? pc.green(`${to} has it`) : pc.yellow(`${to} is offline: the service keeps it`);
}
