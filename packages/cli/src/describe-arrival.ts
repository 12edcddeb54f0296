import type { Arrival, ReceivedMessage } from "@heliograph/client";
import pc from "picocolors";
import { plain } from "./chat/describe.js";

/** A message on one line: when, from whom, what. */
export function describeArrival({ message }: Arrival): string {
  const time = new Date(message.sentAt ?? Date.now()).toLocaleTimeString();
  return `${pc.dim(time)}  ${pc.bold(plain(message.from))}  ${contentOf(message)}`;
}

/** The text, or what there is instead of one. */
export function contentOf({ text, contentType, content }: ReceivedMessage): string {
  return text === undefined ? `(${plain(contentType)}, ${content.length} bytes)` : plain(text);
}
