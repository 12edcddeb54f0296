import { escapeCpimText, unescapeCpimText } from "./cpim-text.js";

/** The value of From, To, cc, Original-To and the IMDN routes: a name for people, and a URI. @spec rfc3862#4.1 */
export interface CpimAddress {
  readonly formalName: string;
  readonly uri: string;
}

/** Reads `Formal name <uri>`; quotes around the name are taken off. Undefined where there is no `<uri>`. */
export function parseCpimAddress(value: string): CpimAddress | undefined {
  const end = value.lastIndexOf(">");
  const start = value.lastIndexOf("<", end);
  if (start < 0 || end <= start + 1) return undefined;
  const name = value.slice(0, start).trim();
  const isQuoted = name.length > 1 && name.startsWith('"') && name.endsWith('"');
  return {
    formalName: unescapeCpimText(isQuoted ? name.slice(1, -1) : name),
    uri: value.slice(start + 1, end),
  };
}

/** Writes an address. A URI holds no angle bracket, blank or control character; one that does is a mistake of ours. */
export function formatCpimAddress({ formalName, uri }: CpimAddress): string {
  if (/[<>\s\p{Cc}]/u.test(uri)) throw new TypeError("not a URI");
  return formalName === "" ? `<${uri}>` : `"${escapeCpimText(formalName).replaceAll('"', '\\"')}" <${uri}>`;
}
