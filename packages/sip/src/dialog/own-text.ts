const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The text without the message that it is a view of, for who keeps it as long as a dialog lives. */
export function ownText(text: string): string {
  return decoder.decode(encoder.encode(text));
}
