/** What stays escaped: the reserved characters of RFC 2396, which mean something else when bare. @spec rfc3261#19.1.4 */
const reserved = /[;/?:@&=+$,]/;
const escaped = /(?:%[0-9a-fA-F]{2})+/g;

/**
 * The one spelling of all that are equal by "characters other than those in the reserved set are equivalent to
 * their encoding": unreserved characters bare, everything else as an escape in upper case.
 *
 * @spec rfc3261#19.1.4 @spec GEN-46
 */
export function normaliseEscapes(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(escaped, (run) => run.replace(/%(..)/g, normaliseEscape));
}

function normaliseEscape(_: string, hex: string): string {
  const code = Number.parseInt(hex, 16);
  const character = String.fromCharCode(code);
  const isPlain = code > 0x20 && code < 0x7f && !reserved.test(character) && /[\w\-.!~*'()]/.test(character);
  return isPlain ? character : `%${hex.toUpperCase()}`;
}
