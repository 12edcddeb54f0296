/**
 * The offset of the first control character that is neither white space nor escaped within a quoted string, or -1.
 * A quoted-pair may hold any of them, even NUL, but a line break.
 *
 * @spec rfc3261#25.1 @spec rfc4475#3.1.1.2
 */
export function offsetOfBareControl(head: string): number {
  let isQuoted = false;
  for (let at = 0; at < head.length; at += 1) {
    const code = head.charCodeAt(at);
    if (code === 0x22) isQuoted = !isQuoted;
    else if (code === 0x5c && isQuoted) at += 1;
    else if (code === 0x0d) isQuoted &&= isContinued(head, at);
    else if ((code < 0x20 && code !== 0x09 && code !== 0x0a) || code === 0x7f) return at;
  }
  return -1;
}

/** Whether the line that ends at `at` goes on in the next. */
function isContinued(head: string, at: number): boolean {
  const next = head.charCodeAt(at + 2);
  return next === 0x20 || next === 0x09;
}
