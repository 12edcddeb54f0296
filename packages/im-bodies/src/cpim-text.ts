/** Writes text as a header value: control characters and backslashes escaped, nothing else. @spec rfc3862#2.3.1 */
export function escapeCpimText(text: string): string {
  return text.replace(/[\p{Cc}\\]/gu, escapeOf);
}

/** Reads a header value: every escape sequence becomes its character. @spec rfc3862#2.3 */
export function unescapeCpimText(value: string): string {
  if (!value.includes("\\")) return value;
  return value.replace(/\\(?:u([0-9a-fA-F]{4})|([^])|$)/g, (_, hex?: string, character?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return character === undefined ? "" : (shortForms.get(character) ?? character);
  });
}

function escapeOf(character: string): string {
  for (const [short, meaning] of shortForms) if (meaning === character) return `\\${short}`;
  if (character > "\x7f") return character;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

const shortForms: ReadonlyMap<string, string> = new Map([
  ["\\", "\\"],
  ["b", "\b"],
  ["t", "\t"],
  ["n", "\n"],
  ["r", "\r"],
]);
