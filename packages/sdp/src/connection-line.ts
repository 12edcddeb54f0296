import { ok, type Result } from "@heliograph/kernel";
import { type MalformedSdp, malformed } from "./malformed-sdp.js";
import type { SdpLine } from "./session-description.js";

const fields = /^IN +(IP[46]) +([^ /]+)(?:\/[\d/]*)? *$/i;

/** The host of a `c=` line: an address or a name. @spec rfc8866#5.7 */
export function parseConnectionLine(line: SdpLine): Result<string, MalformedSdp> {
  const host = fields.exec(line.value)?.[2];
  return host === undefined ? malformed("connection", line.offset + 2) : ok(host);
}

/** `IN IP4 alice.example.com`. A name stands under IP4, as in RFC 4975 §8.2. @spec rfc4975#8.1 */
export function formatConnection(host: string): string {
  return `IN IP${addressVersionOf(host)} ${bareHostOf(host)}`;
}

/** The version that an address has, 4 for a name. */
export function addressVersionOf(host: string): 4 | 6 {
  return host.includes(":") ? 6 : 4;
}

/** A host without the brackets that a URI puts around an IPv6 address. */
export function bareHostOf(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}
