import { Command } from "commander";
import pc from "picocolors";
import type { Client, Receipt, Sent } from "@heliograph/client";
import {
  accountClient,
  type AccountOptions,
  refused,
  registerOrExplain,
  unreachable,
  withAccountOptions,
} from "../account-options.js";
import { parseRecipient, parseSeconds } from "../arguments.js";
import { describeArrival } from "../describe-arrival.js";
import type { Terminal } from "../terminal.js";

interface SendOptions extends AccountOptions {
  readonly receipts?: boolean;
  readonly wait: number;
}

/** `heliograph send`. */
export function sendCommand(terminal: Terminal): Command {
  return withAccountOptions(new Command("send"), terminal)
    .description("send a message; exits with 0 when a device or the service has it")
    .argument("<to>", "the recipient, such as sip:bob@127.0.0.1", parseRecipient)
    .argument("<text...>", "the message")
    .option("--receipts", "ask for receipts and show them")
    .option("--wait <seconds>", "how long to wait for receipts", parseSeconds, 5)
    .action((to: string, words: string[], options: SendOptions) =>
      send(terminal, to, words.join(" "), options),
    );
}

async function send(terminal: Terminal, to: string, text: string, options: SendOptions): Promise<void> {
  const client = await accountClient(options, terminal);
  const receipts = options.receipts ? receiptsOf(client, options.wait * 1000) : undefined;
  try {
    // A registered device is given the messages that wait: they are shown, so that none is lost here.
    client.onMessage((arrival) => terminal.out(`${describeArrival(arrival)}\n`));
    await (options.receipts ? registerOrExplain(client) : client.open());
    const sent = await client.sendText(to, text, options.receipts ? { wants: allReceipts } : {});
    if (sent.kind !== "accepted") throw new Error(`not sent: ${whyNot(sent, to)}`);
    terminal.out(`${describeSent(sent.status, to)}\n`);
    for await (const receipt of receipts?.(sent.messageId) ?? []) terminal.out(`  ${receipt.status}\n`);
  } finally {
    await client.close();
  }
}

const allReceipts = ["positive-delivery", "negative-delivery", "processing", "display"] as const;

/** The receipts for one message as they come, until it was delivered and displayed or the time is up. */
function receiptsOf(client: Client, withinMs: number) {
  const heard: Receipt[] = [];
  let wake: () => void = () => undefined;
  client.onReceipt((receipt) => {
    heard.push(receipt);
    wake();
  });
  return async function* (messageId: string): AsyncGenerator<Receipt> {
    const deadline = Date.now() + withinMs;
    const awaited = new Set<Receipt["kind"]>(["delivery", "display"]);
    while (awaited.size > 0 && (heard.length > 0 || Date.now() < deadline)) {
      const receipt = heard.shift();
      if (receipt?.messageId === messageId) {
        awaited.delete(receipt.kind);
        yield receipt;
      }
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

function describeSent(status: number, to: string): string {
  return status === 200 ? pc.green(`${to} has it`) : pc.yellow(`${to} is offline: the service keeps it`);
}

function whyNot(sent: Exclude<Sent, { kind: "accepted" }>, to: string): string {
  if (sent.kind === "unreachable") return unreachable(sent.reason);
  if (sent.status === 404) return `nobody here is called ${to} ("heliograph user list" shows who is)`;
  return refused(sent.status, sent.reason);
}
