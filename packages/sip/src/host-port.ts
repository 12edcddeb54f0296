import { err, ok, type Result } from "@heliograph/kernel";
import { digit, hostNameChar, skip } from "./char-class.js";
import type { Malformed } from "./malformed.js";

/** Where a URI or Via points: lower case, an IPv6 address without its brackets. */
export interface HostPort {
  readonly host: string;
  readonly isIpv6: boolean;
  readonly port: number | undefined;
}

/** Reads `host [":" port]` between `start` and `end`. @spec rfc3261#25.1 @spec rfc5118#4.1 */
export function parseHostPort(text: string, start = 0, end = text.length): Result<HostPort, Malformed> {
  const isIpv6 = text.charCodeAt(start) === 0x5b;
  const hostEnd = isIpv6 ? endOfIpv6Reference(text, start, end) : skip(text, start, end, hostNameChar);
  if (hostEnd <= start) return err({ rule: isIpv6 ? "IPv6reference" : "host", offset: start });
  const host = isIpv6
    ? withoutThirdColon(text.slice(start + 1, hostEnd - 1))
    : text.slice(start, hostEnd).toLowerCase();
  if (hostEnd === end) return ok({ host, isIpv6, port: undefined });
  if (text.charCodeAt(hostEnd) !== 0x3a) return err({ rule: "host", offset: hostEnd });
  const portEnd = skip(text, hostEnd + 1, end, digit);
  const port = Number(text.slice(hostEnd + 1, portEnd));
  if (portEnd === hostEnd + 1 || portEnd < end || port > 65_535)
    return err({ rule: "port", offset: hostEnd + 1 });
  return ok({ host, isIpv6, port });
}

/** Writes `host [":" port]`. @spec rfc3261#19.1.2 */
export function formatHostPort({ host, isIpv6, port }: HostPort): string {
  const address = isIpv6 ? `[${host}]` : host;
  return port === undefined ? address : `${address}:${port}`;
}

/** The offset after the closing bracket, or -1. */
function endOfIpv6Reference(text: string, start: number, end: number): number {
  const close = text.indexOf("]", start);
  if (close < 0 || close >= end) return -1;
  return isIpv6Address(withoutThirdColon(text.slice(start + 1, close))) ? close + 1 : -1;
}

/** RFC 3261's grammar asks for three colons before an IPv4 tail where it means two. @spec rfc5118#4.10 */
function withoutThirdColon(address: string): string {
  return address.toLowerCase().replace(/:::(?=[\d.]+$)/, "::");
}

/** Whether the text is an IPv6 address by RFC 3261's grammar as RFC 5954 corrects it. @spec rfc5954#4.1 @spec R-sip-5 */
export function isIpv6Address(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const last = halves.length - 1;
  let groups = 0;
  for (const [index, half] of halves.entries()) {
    const count = countGroups(half, index === last, halves.length === 2);
    if (count < 0) return false;
    groups += count;
  }
  return halves.length === 2 ? groups <= 7 : groups === 8;
}

function countGroups(half: string, mayEndInIpv4: boolean, mayBeEmpty: boolean): number {
  if (half === "") return mayBeEmpty ? 0 : -1;
  const groups = half.split(":");
  const tail = groups.at(-1) ?? "";
  const hasIpv4 = mayEndInIpv4 && tail.includes(".");
  if (hasIpv4 && !isIpv4Address(tail)) return -1;
  const hex = hasIpv4 ? groups.slice(0, -1) : groups;
  return hex.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) ? hex.length + (hasIpv4 ? 2 : 0) : -1;
}

/** Whether the text is a dotted quad. */
export function isIpv4Address(text: string): boolean {
  const bytes = text.split(".");
  return bytes.length === 4 && bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) <= 255);
}
