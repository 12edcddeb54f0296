import { err, ok, type Result } from "@heliograph/kernel";
import { isIpv6Address } from "@heliograph/sip";
import type { Malformed } from "./malformed.js";

/** An end of a session, or a relay on the way. @spec rfc4975#6 */
export interface MsrpUri {
  readonly scheme: "msrp" | "msrps";
  readonly userinfo: string | undefined;
  /** Lower case, unreserved characters without their percent-encoding, an IPv6 address without its brackets. */
  readonly host: string;
  readonly isIpv6: boolean;
  /** There is no default: a URI without a port differs from every one with a port. @spec MS-04 */
  readonly port: number | undefined;
  readonly sessionId: string | undefined;
  /** Lower case. One that we do not know is legal on a path. @spec MS-55 */
  readonly transport: string;
  /** Parameters beside the transport, as written. */
  readonly params: readonly string[];
}

/** The port to recommend; a URI without a port means this one to a relay alone. @spec rfc4975#15.4 @spec MS-04 */
export const recommendedPort = 2855;

const longest = 1024;
const shape =
  /^(msrps?):\/\/(?:([^@/;[\]]*)@)?(\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,=-]|%[0-9A-Fa-f]{2})+)(?::(\d{1,5}))?(?:\/([A-Za-z0-9._~+=/-]+))?;([A-Za-z0-9]+)((?:;[^;\s]+)*)$/i;
const uriParam = /^[!#-'*+\-.0-9A-Z^-~]+(?:=[!#-'*+\-.0-9A-Z^-~]+)?$/;

/** Reads an MSRP URI. @spec rfc4975#9 @spec MS-04 */
export function parseMsrpUri(text: string): Result<MsrpUri, Malformed> {
  const parts = text.length > longest ? null : shape.exec(text);
  if (!parts) return err({ rule: "MSRP-URI", offset: 0 });
  const [, scheme = "", userinfo, authority = "", portText, sessionId, transport = "", tail = ""] = parts;
  const host = parseHost(authority);
  if (!host) return err({ rule: "IPv6address", offset: text.indexOf("[") });
  const port = numberIn(portText);
  if (port === "too large") return err({ rule: "port", offset: text.indexOf(`:${portText}`) + 1 });
  const params = tail.split(";").slice(1);
  if (!params.every((param) => uriParam.test(param)))
    return err({ rule: "URI-parameter", offset: text.length - tail.length });
  return ok({
    scheme: scheme.length === 5 ? "msrps" : "msrp",
    userinfo,
    ...host,
    port,
    sessionId,
    transport: transport.toLowerCase(),
    params,
  });
}

function numberIn(port: string | undefined): number | undefined | "too large" {
  if (port === undefined) return undefined;
  return Number(port) > 65_535 ? "too large" : Number(port);
}

function parseHost(authority: string): Pick<MsrpUri, "host" | "isIpv6"> | undefined {
  if (!authority.startsWith("[")) return { host: decodeUnreserved(authority).toLowerCase(), isIpv6: false };
  const host = authority.slice(1, -1).toLowerCase();
  return isIpv6Address(host) ? { host, isIpv6: true } : undefined;
}

/** Writes an MSRP URI. @spec rfc4975#9 */
export function formatMsrpUri(uri: MsrpUri): string {
  const userinfo = uri.userinfo === undefined ? "" : `${uri.userinfo}@`;
  const session = uri.sessionId === undefined ? "" : `/${uri.sessionId}`;
  const params = uri.params.map((param) => `;${param}`).join("");
  return `${uri.scheme}://${userinfo}${authorityOf(uri)}${session};${uri.transport}${params}`;
}

/** Whether two URIs are the same end. @spec rfc4975#6.1 @spec MS-04 */
export function msrpUriEquals(one: MsrpUri, other: MsrpUri): boolean {
  return msrpUriKeyOf(one) === msrpUriKeyOf(other);
}

/**
 * One text for all URIs that compare equal, to look a session up by. Userinfo and parameters other than the
 * transport do not count.
 *
 * @spec rfc4975#6.1
 * @spec MS-04
 */
export function msrpUriKeyOf(uri: MsrpUri): string {
  const session = uri.sessionId === undefined ? "" : `/${uri.sessionId}`;
  return `${connectionKeyOf(uri)}${session};${uri.transport}`;
}

/**
 * What sessions share a connection by: scheme, host and port.
 *
 * @spec rfc4975#5.4
 * @spec MS-13
 */
export function connectionKeyOf(uri: MsrpUri): string {
  const host = uri.isIpv6 ? `[${normalIpv6(uri.host)}]` : normalHost(uri.host);
  return `${uri.scheme}://${host}${uri.port === undefined ? "" : `:${uri.port}`}`;
}

function authorityOf({ host, isIpv6, port }: MsrpUri): string {
  return `${isIpv6 ? `[${host}]` : host}${port === undefined ? "" : `:${port}`}`;
}

/** Only unreserved characters may lose their encoding without changing what is meant. @spec rfc3986#6.2.2.2 */
function decodeUnreserved(host: string): string {
  if (!host.includes("%")) return host;
  return host.replace(/%([0-9A-Fa-f]{2})/g, (escape: string, hex: string) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9._~-]/.test(char) ? char : escape;
  });
}

/** A dotted quad by value; a name as it is. */
function normalHost(host: string): string {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host) ? host.split(".").map(Number).join(".") : host;
}

/** The eight groups of an IPv6 address. @spec rfc6714#4.4 */
function normalIpv6(host: string): string {
  const [head = "", tail] = withoutQuad(host).split("::");
  const front = groupsOf(head);
  if (tail === undefined) return front.join(":");
  const back = groupsOf(tail);
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => "0");
  return [...front, ...zeros, ...back].join(":");
}

function groupsOf(half: string): string[] {
  return half === "" ? [] : half.split(":").map((group) => Number.parseInt(group, 16).toString(16));
}

function withoutQuad(host: string): string {
  const [quad, ...bytes] = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host) ?? [];
  if (quad === undefined) return host;
  const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
  return `${host.slice(0, -quad.length)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
