import { ok, type Result } from "@heliograph/kernel";
import { type MalformedSdp, malformed } from "./malformed-sdp.js";

/** One URI of `a=path`. */
export interface PathUri {
  /** As it was written: what goes into To-Path. */
  readonly text: string;
  readonly isSecure: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** In lower case: `tcp`, `ws`, or one that we do not know. */
  readonly transport: string;
}

/** The leftmost URI is the next hop of whoever reads it, the rightmost the end point. */
export type MsrpPath = readonly [PathUri, ...PathUri[]];

const maxUris = 16;
const uri =
  /^(msrps?):\/\/(?:[\w\-.~%!$&'()*+,;=:]*@)?(\[[0-9a-fA-F:.]+\]|[\w\-.~%!$&'()*+,=]+):(\d{1,5})(?:\/[\w\-.~+=/]+)?;([A-Za-z0-9]+)(?:;[\w\-.!%*+`'~]+(?:=[\w\-.!%*+`'~]+)?)*$/i;

/**
 * Reads the value of `a=path`; a transport that nobody knows is legal there.
 *
 * @spec rfc4975#8.2
 * @spec MS-51
 * @spec MS-55
 */
export function parsePath(value: string, offset: number): Result<MsrpPath, MalformedSdp> {
  const uris: PathUri[] = [];
  for (const { 0: text, index } of value.matchAll(/[^ ]+/g)) {
    const at = offset + index;
    if (uris.length === maxUris) return malformed("path length", at);
    const read = parsePathUri(text, at);
    if (!read.ok) return read;
    uris.push(read.value);
  }
  const [first, ...rest] = uris;
  return first === undefined ? malformed("path", offset) : ok([first, ...rest]);
}

/** The value of `a=path`. */
export function formatPath(path: readonly PathUri[]): string {
  return path.map(({ text }) => text).join(" ");
}

/** Reads one MSRP URI as it stands in a description: its port is explicit. @spec rfc4975#9 */
export function parsePathUri(text: string, offset = 0): Result<PathUri, MalformedSdp> {
  const [, scheme = "", host = "", port = "", transport = ""] = uri.exec(text) ?? [];
  if (scheme === "") return malformed("path", offset);
  if (Number(port) > 65_535) return malformed("path port", offset);
  return ok({
    text,
    isSecure: scheme.toLowerCase() === "msrps",
    host: host.replace(/^\[|\]$/g, ""),
    port: Number(port),
    transport: transport.toLowerCase(),
  });
}
