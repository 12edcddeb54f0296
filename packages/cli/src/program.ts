import { Command } from "commander";
import { chatCommand } from "./commands/chat.js";
import { domainCommand } from "./commands/domain.js";
import { listenCommand } from "./commands/listen.js";
import { sendCommand } from "./commands/send.js";
import { statusCommand } from "./commands/status.js";
import { userCommand } from "./commands/user.js";
import type { Terminal } from "./terminal.js";

/** The whole command line, one command a file. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command("heliograph")
    .description("Heliograph: instant messaging over SIP that never loses a message")
    .version("0.1.0")
    .showHelpAfterError("(add --help for what can be said)")
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
    .exitOverride();
  const commands = [userCommand, domainCommand, sendCommand, listenCommand, chatCommand, statusCommand];
  for (const make of commands) program.addCommand(make(terminal));
  inheritSettings(program);
  program.addHelpText(
    "after",
    `
Examples:
  $ heliograph user add sip:dave@127.0.0.1          asks for a password, or makes one
  $ heliograph listen --as sip:bob@127.0.0.1        shows bob's messages as they come
  $ heliograph send --as sip:alice@127.0.0.1 sip:bob@127.0.0.1 "hello"
  $ heliograph chat --as sip:alice@127.0.0.1 sip:bob@127.0.0.1
  $ heliograph status

The service itself is started with "npm start".`,
  );
  return program;
}

/** What is said to the program about output and exits holds for its commands: those that are added do not ask. */
function inheritSettings(command: Command): void {
  for (const each of command.commands) {
    each.copyInheritedSettings(command);
    inheritSettings(each);
  }
}
