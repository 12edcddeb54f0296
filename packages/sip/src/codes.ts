import { isSpace } from "./char-class.js";

/** Stands for every character above ASCII: the grammar tells none of them apart. */
const aboveAscii = 0x80;
let desk = new Uint8Array(1024);

/**
 * The codes of a text's characters, which hold until the next call. Reading a code from an array costs a third of
 * reading it from a string, so what is looked at several times is read from here, and only what is kept is cut from
 * the text. The bytes of a text in ASCII are its codes.
 */
export function codesOf(text: string): Uint8Array {
  if (text.length > desk.length) desk = new Uint8Array(2 * text.length);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    desk[at] = code < aboveAscii ? code : aboveAscii;
  }
  return desk;
}

/** The offset of the first code from `start` that is not a space, a tab or a line break, or `end`. */
export function skipSpaceIn(codes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isSpace(codes[at] ?? 0)) at += 1;
  return at;
}

/** The offset after the quoted-string that begins at `start`, or -1 when it does not end before `end`. @spec rfc3261#25.1 */
export function skipQuotedIn(codes: Uint8Array, start: number, end: number): number {
  for (let at = start + 1; at < end; at += 1) {
    if (codes[at] === 0x22) return at + 1;
    if (codes[at] === 0x5c) at += 1;
  }
  return -1;
}
