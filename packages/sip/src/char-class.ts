/** Sets of ASCII characters as bits of one table, so that a scan costs one load and one test a character. */
const classOf = new Uint16Array(256);

/** `token` of the grammar. @spec rfc3261#25.1 */
export const tokenChar = define(1, "-.!%*_+`'~", true);
/** What a user part has besides escapes: unreserved and user-unreserved. @spec rfc3261#25.1 */
export const userChar = define(2, "-_.!~*'()&=+$,;?/", true);
/** What a password has besides escapes. @spec rfc3261#25.1 */
export const passwordChar = define(4, "-_.!~*'()&=+$,", true);
/** What a URI parameter has besides escapes: param-unreserved and unreserved. @spec rfc3261#25.1 */
export const paramChar = define(8, "[]/:&+$-_.!~*'()", true);
/** What a URI header has besides escapes: hnv-unreserved and unreserved. @spec rfc3261#25.1 */
export const uriHeaderChar = define(16, "[]/?:+$-_.!~*'()", true);
/** `word`, which makes up a Call-ID, and the `@` in its middle. @spec rfc3261#25.1 */
export const callIdChar = define(32, "-.!%*_+`'~()<>:\\\"/[]?{}@", true);
export const digit = define(64, "0123456789", false);
export const hexDigit = define(128, "0123456789abcdefABCDEF", false);
export const hostNameChar = define(256, "-._", true);
/** Any visible character that cannot end a parameter: read more widely than the grammar. @spec R-sip-1 */
export const valueChar = define(512, "-.!%*_+`'~()[]:/?@&$#{}|^\\", true);
/** What the name of a parameter has, in a header field or in a URI with its escapes. */
export const nameChar = define(2048, "-.!%*_+`'~[]/:&$()", true);
/** What a URI of any scheme may contain. @spec rfc3986#2 */
export const uriChar = define(1024, "-._~:/?#[]@!$&'()*+,;=%", true);

/** Whether the character belongs to the class. */
export function isIn(code: number, charClass: number): boolean {
  return code < 128 && ((classOf[code] ?? 0) & charClass) !== 0;
}

/** The offset of the first character from `start` that is not of the class, or `end`. */
export function skip(text: string, start: number, end: number, charClass: number): number {
  let at = start;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code >= 128 || ((classOf[code] ?? 0) & charClass) === 0) return at;
    at += 1;
  }
  return end;
}

/** The same in the codes of a text. */
export function skipIn(codes: Uint8Array, start: number, end: number, charClass: number): number {
  let at = start;
  while (at < end && ((classOf[codes[at] ?? 0] ?? 0) & charClass) !== 0) at += 1;
  return at;
}

/** The offset of the first character from `start` that is not a space, a tab or a line break, or `end`. */
export function skipSpace(text: string, start: number, end = text.length): number {
  let at = start;
  while (at < end && isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

/** Whether the character is white space within a header field. */
export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}

function define(bit: number, characters: string, alphanumeric: boolean): number {
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const all = alphanumeric ? `${characters}0123456789${letters}${letters.toUpperCase()}` : characters;
  for (const character of all)
    classOf[character.charCodeAt(0)] = (classOf[character.charCodeAt(0)] ?? 0) | bit;
  return bit;
}
