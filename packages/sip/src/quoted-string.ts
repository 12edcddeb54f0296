/**
 * The offset after the quoted-string that begins at `start` (where its opening quote is), or -1 when it never ends.
 *
 * @spec rfc3261#25.1
 */
export function skipQuoted(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code === 0x5c) at += 1;
  }
  return -1;
}

/** Writes any text as a quoted-string. @spec rfc3261#25.1 */
export function quoteString(text: string): string {
  return `"${text.replace(/[\r\n]+/g, " ").replace(/["\\]/g, "\\$&")}"`;
}

/** What a quoted-string says; a text that is not one is returned as it is. @spec rfc3261#25.1 */
export function unquote(text: string): string {
  if (text.length < 2 || text.charCodeAt(0) !== 0x22) return text;
  const inner = text.slice(1, -1);
  return inner.includes("\\") ? inner.replace(/\\([\s\S])/g, "$1") : inner;
}
