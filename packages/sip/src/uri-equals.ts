import { unreachable } from "@heliograph/kernel";
import type { ImPresUri } from "./im-pres-uri.js";
import type { Params } from "./params.js";
import type { SipUri } from "./sip-uri.js";
import { digitsOf, type TelUri } from "./tel-uri.js";
import type { Uri } from "./uri.js";
import { normaliseEscapes } from "./uri-escapes.js";

/** Whether two URIs are equal by the rules of their scheme. @spec rfc3261#19.1.4 @spec rfc3966#4 @spec GEN-46 */
export function uriEquals(a: Uri, b: Uri): boolean {
  switch (a.scheme) {
    case "sip":
    case "sips":
      return a.scheme === b.scheme && sipUriEquals(a, b);
    case "tel":
      return b.scheme === "tel" && telUriEquals(a, b);
    case "im":
    case "pres":
      return a.scheme === b.scheme && mailboxEquals(a, b);
    case "other":
      return (
        b.scheme === "other" &&
        a.name === b.name &&
        a.text.slice(a.name.length) === b.text.slice(b.name.length)
      );
    default:
      return unreachable(a);
  }
}

function sipUriEquals(a: SipUri, b: SipUri): boolean {
  return (
    sameEscaped(a.user, b.user) &&
    sameEscaped(a.password, b.password) &&
    a.host === b.host &&
    a.isIpv6 === b.isIpv6 &&
    a.port === b.port &&
    sameParams(a.params, b.params) &&
    sameHeaders(a.headers, b.headers)
  );
}

/** Parameters that matter when only one side has them; all others are then ignored. @spec R-sip-2 */
const decisive = ["user", "ttl", "method", "maddr", "transport"];

function sameParams(a: Params, b: Params): boolean {
  if (a.toString() === b.toString()) return true;
  const [left, right] = [foldParams(a), foldParams(b)];
  if (decisive.some((name) => left.has(name) !== right.has(name))) return false;
  for (const [name, value] of left) if (right.has(name) && right.get(name) !== value) return false;
  return true;
}

function foldParams(params: Params): Map<string, string> {
  return new Map([...params.entries()].map(([name, value]) => [fold(name), fold(value)]));
}

/** @spec D-sip-2 */
function sameHeaders(a: string, b: string): boolean {
  if (a === b) return true;
  const sorted = (text: string) => text.split("&").map(foldHeader).sort().join("&");
  return sorted(a) === sorted(b);
}

function foldHeader(header: string): string {
  const equals = header.indexOf("=");
  return normaliseEscapes(header.slice(0, equals)).toLowerCase() + normaliseEscapes(header.slice(equals));
}

/** @spec rfc3966#4 */
function telUriEquals(a: TelUri, b: TelUri): boolean {
  if (a.isGlobal !== b.isGlobal || digitsOf(a.number) !== digitsOf(b.number)) return false;
  return telParams(a.params) === telParams(b.params);
}

/** A phone number among the values loses its visual separators too. */
function telParams(params: Params): string {
  return [...params.entries()]
    .map(([name, value]) => [name.toLowerCase(), fold(value ?? "")] as const)
    .map(([name, value]) => `${name}=${isNumeric(name, value) ? digitsOf(value) : value}`)
    .sort()
    .join(";");
}

function isNumeric(name: string, value: string): boolean {
  return name === "ext" || (name === "phone-context" && value.startsWith("+"));
}

function mailboxEquals(a: ImPresUri, b: ImPresUri): boolean {
  return sameEscaped(a.user, b.user) && a.host === b.host && sameHeaders(a.headers, b.headers);
}

function sameEscaped(a: string | undefined, b: string | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && normaliseEscapes(a) === normaliseEscapes(b));
}

function fold(text: string | undefined): string {
  return normaliseEscapes(text ?? "").toLowerCase();
}
