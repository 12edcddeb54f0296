import { err, ok, type Result } from "@heliograph/kernel";
import { concatOctets, type CpimMessage, formatCpimHeader, imdnNamespace } from "./cpim.js";
import { formatCpimAddress, parseCpimAddress } from "./cpim-address.js";
import { mediaTypeOf } from "./media-type.js";

/** Why a message must stay as it is. */
export interface Unchangeable {
  readonly rule: "signed";
}

/** Whether somebody vouches for the message as it stands. @spec rfc5438#14.1 */
export function isSigned(message: CpimMessage): boolean {
  const contentType = message.contentHeader("Content-Type") ?? "";
  const mediaType = mediaTypeOf(contentType);
  if (mediaType === "multipart/signed") return true;
  return (
    /^application\/(x-)?pkcs7-mime$/.test(mediaType) &&
    !/smime-type\s*=\s*"?enveloped-data/i.test(contentType)
  );
}

/**
 * Puts `uri` on top of the IMDN-Record-Route headers, so that IMDNs come back through us. Every other octet stays;
 * the namespace is declared where the message has not declared it.
 *
 * @spec PF-45 @spec DF-45 @spec rfc5438#8
 */
export function addImdnRecordRoute(message: CpimMessage, uri: string): Result<Uint8Array, Unchangeable> {
  if (isSigned(message)) return err({ rule: "signed" });
  const top = message.all("IMDN-Record-Route", imdnNamespace)[0];
  const value = formatCpimAddress({ formalName: "", uri });
  if (top) return ok(spliced(message, top.start, top.start, header(top.prefix, value)));
  const declared = declaredPrefix(message);
  const prefix = declared ?? freePrefix(message);
  const declaration =
    declared === undefined ? formatCpimHeader({ name: "NS", value: `${prefix} <${imdnNamespace}>` }) : "";
  return ok(spliced(message, message.headersEnd, message.headersEnd, declaration + header(prefix, value)));
}

/** The URIs that an IMDN still has to pass, the next one first. @spec rfc5438#6.6 */
export function imdnRoutesOf(message: CpimMessage): readonly string[] {
  return message
    .all("IMDN-Route", imdnNamespace)
    .map(({ value }) => parseCpimAddress(value)?.uri)
    .filter((uri) => uri !== undefined);
}

/** Takes the top IMDN-Route off; every other octet stays. Unchanged where there is none. @spec PF-45 @spec rfc5438#8 */
export function popImdnRoute(message: CpimMessage): Result<Uint8Array, Unchangeable> {
  if (isSigned(message)) return err({ rule: "signed" });
  const top = message.all("IMDN-Route", imdnNamespace)[0];
  return ok(top ? spliced(message, top.start, top.end, "") : message.octets);
}

const encoder = new TextEncoder();

function header(prefix: string, value: string): string {
  return formatCpimHeader({
    name: prefix === "" ? "IMDN-Record-Route" : `${prefix}.IMDN-Record-Route`,
    value,
  });
}

function spliced({ octets }: CpimMessage, start: number, end: number, text: string): Uint8Array {
  return concatOctets(octets.subarray(0, start), encoder.encode(text), octets.subarray(end));
}

/** The prefix in force for the IMDN namespace at the end of the headers. */
function declaredPrefix(message: CpimMessage): string | undefined {
  const inForce = new Map<string, string>();
  for (const { value } of message.all("NS")) {
    const [, prefix = "", uri = ""] = /^([^<]*)<([^>]+)>/.exec(value) ?? [];
    inForce.set(prefix.trim(), uri);
  }
  for (const [prefix, uri] of inForce) if (uri === imdnNamespace) return prefix;
  return undefined;
}

function freePrefix(message: CpimMessage): string {
  const taken = new Set(message.all("NS").map(({ value }) => value.slice(0, value.indexOf("<")).trim()));
  let prefix = "imdn";
  for (let i = 1; taken.has(prefix); i += 1) prefix = `imdn${i}`;
  return prefix;
}
