import type { PagerMessage } from "@heliograph/contracts";

/** The first value of a header, by its name in lower case. */
export function headerOf({ headers }: PagerMessage, name: string): string | undefined {
  for (const [key, value] of headers) {
    if (key.length === name.length && key.toLowerCase() === name) return value;
  }
  return undefined;
}

/** The message without a header; its name in lower case. */
export function withoutHeader(message: PagerMessage, name: string): PagerMessage {
  return { ...message, headers: message.headers.filter(([key]) => key.toLowerCase() !== name) };
}
