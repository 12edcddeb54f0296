import type { Arrival } from "@heliograph/client";
import pc from "picocolors";

/** A message on one line: when, from whom, what. */
export function describeArrival({ message }: Arrival): string {
  const time = new Date(message.sentAt ?? Date.now()).toLocaleTimeString();
  const shown = message.text ?? `(${message.contentType}, ${message.content.length} bytes)`;
  return `${pc.dim(time)}  ${pc.bold(message.from)}  ${shown}`;
}
