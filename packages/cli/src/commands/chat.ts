import { Command, Option } from "commander";
import pc from "picocolors";
import type { MediaTransport } from "@heliograph/client";
import {
  accountClient,
  type AccountOptions,
  registerOrExplain,
  withAccountOptions,
} from "../account-options.js";
import { parseRecipient, parseSeconds } from "../arguments.js";
import { Chat } from "../chat/chat.js";
import { chatHelp } from "../chat/parse-line.js";
import type { Terminal } from "../terminal.js";

interface ChatOptions extends AccountOptions {
  readonly subject?: string;
  readonly transport?: MediaTransport;
  readonly downloadDir: string;
  readonly acceptFiles?: boolean;
  readonly wait: number;
}

/** `heliograph chat`. */
export function chatCommand(terminal: Terminal): Command {
  return withAccountOptions(new Command("chat"), terminal)
    .description("talk to somebody: lines, receipts, who is typing, files")
    .argument("<to>", "the other person, such as sip:bob@127.0.0.1", parseRecipient)
    .option("--subject <text>", "what it is about")
    .addOption(new Option("--transport <name>", "what the media goes over").choices(["tcp", "tls", "ws"]))
    .option("--download-dir <folder>", "where files go that you take", ".")
    .option("--accept-files", "take every file without asking")
    .option("--wait <seconds>", "at the end of the input, how long to wait for receipts", parseSeconds, 5)
    .addHelpText("after", `\nIn the conversation ${chatHelp}`)
    .action((to: string, options: ChatOptions) => chat(terminal, to, options));
}

async function chat(terminal: Terminal, to: string, options: ChatOptions): Promise<void> {
  const client = await accountClient(options, terminal);
  const editor = terminal.edit(() => talk.typing());
  const talk = new Chat({
    client,
    to,
    editor,
    subject: options.subject,
    transport: options.transport,
    folder: options.downloadDir,
    acceptsFiles: options.acceptFiles === true,
  });
  try {
    await registerOrExplain(client);
    terminal.err(pc.dim(`write to ${to}; /help says what else there is, Ctrl-D ends it\n`));
    await Promise.race([talk.run(), terminal.interrupted()]);
    if (!editor.isInteractive) await talk.settle(options.wait * 1_000);
  } finally {
    editor.close();
    await client.close();
  }
}
