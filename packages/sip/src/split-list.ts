import { skipQuoted } from "./quoted-string.js";

/**
 * Splits a comma-joined value where the commas are neither quoted nor between angle brackets. Elements without
 * any text are left out.
 *
 * @spec rfc3261#7.3.1
 */
export function splitList(value: string): readonly string[] {
  if (!value.includes(",")) return value.trim() === "" ? [] : [value.trim()];
  const elements: string[] = [];
  let start = 0;
  let isBracketed = false;
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if (code === 0x22) {
      const end = skipQuoted(value, at);
      at = end < 0 ? value.length : end - 1;
    } else if (code === 0x3c) isBracketed = true;
    else if (code === 0x3e) isBracketed = false;
    else if (code === 0x2c && !isBracketed) {
      elements.push(value.slice(start, at).trim());
      start = at + 1;
    }
  }
  elements.push(value.slice(start).trim());
  return elements.filter((element) => element !== "");
}
