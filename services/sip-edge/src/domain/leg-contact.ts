import type { HeaderField } from "@heliograph/contracts";
import {
  type Flow,
  formatParams,
  type HeaderList,
  type ListeningPoint,
  Params,
  parseNameAddr,
  parseUri,
  quoteString,
  type TransportName,
} from "@heliograph/sip";
import { serviceTag } from "./service-tag.js";

/** Where and under which names this node takes requests. */
export interface Reach {
  /** None of them listens on a wildcard address. */
  readonly points: readonly ListeningPoint[];
  readonly names: readonly string[];
}

/** Over what the peer of a dialog is spoken to. */
export type Towards =
  | Pick<Flow, "transport" | "localAddress" | "localPort">
  | { readonly transport: TransportName };

/**
 * The URI at which this end of a dialog takes requests: on the same transport as the peer is on, whatever the other
 * dialog of the conversation is on. Its user part says nothing. @spec GEN-11 @spec GEN-43 @spec GEN-01 @spec rfc3261#8.1.1.8 @spec R-sip-edge-12
 */
export function contactUri(user: string, towards: Towards, { points, names }: Reach): string {
  const { address, port } = pointFor(towards, points);
  const host = names[0] ?? (address.includes(":") ? `[${address}]` : address);
  const { transport } = towards;
  const isSecure = transport === "tls" || transport === "wss";
  return `${isSecure ? "sips" : "sip"}:${user}@${host}:${port}${transportParam[transport]}`;
}

/** TLS is what `sips` means, and UDP what a URI means that does not say. @spec rfc3263#4.1 @spec rfc7118#5.4 */
const transportParam: { readonly [transport in TransportName]: string } = {
  udp: "",
  tcp: ";transport=tcp",
  tls: "",
  ws: ";transport=ws",
  wss: ";transport=ws",
};

function pointFor(
  towards: Towards,
  points: readonly ListeningPoint[],
): Pick<ListeningPoint, "address" | "port"> {
  const same = points.filter(({ transport }) => transport === towards.transport);
  if (!("localAddress" in towards)) return same[0] ?? points[0] ?? nowhere;
  const { localAddress, localPort } = towards;
  const exact = same.find(({ address, port }) => address === localAddress && port === localPort);
  return (
    exact ??
    same.find(({ address }) => address === localAddress) ??
    same[0] ?? { address: localAddress, port: localPort }
  );
}

const nowhere = { address: "invalid", port: 5060 };

/** The transport that a URI leads to, as far as it says. @spec rfc3263#4.1 */
export function transportTowards(uri: string): TransportName {
  const parsed = parseUri(uri);
  if (!parsed.ok || !("host" in parsed.value) || !("params" in parsed.value)) return "udp";
  const { scheme, params } = parsed.value;
  const named = params.get("transport")?.toLowerCase();
  const isSecure = scheme === "sips";
  switch (named) {
    case "ws":
      return isSecure ? "wss" : "ws";
    case "tls":
      return "tls";
    case "tcp":
      return isSecure ? "tls" : "tcp";
    default:
      return isSecure ? "tls" : "udp";
  }
}

/** Parameters of a Contact that are about a registration, or that would make a focus of us. @spec GEN-11 */
const notOurs: ReadonlySet<string> = new Set(["expires", "q", "reg-id", "pub-gruu", "temp-gruu", "isfocus"]);

/**
 * The feature parameters of a Contact as this end shows them: those of the far end, in order, and that this is the
 * service. Where `isNameless`, the instance is not told.
 *
 * @spec GEN-09 @spec GEN-11 @spec GEN-08 @spec rfc3840#9
 */
function featuresShown(contactParams: string, isNameless: boolean): string {
  const shown: (readonly [string, string | undefined])[] = [];
  for (const [name, value] of new Params(contactParams).entries()) {
    const key = name.toLowerCase();
    if (notOurs.has(key) || key === serviceTag || (isNameless && key === "+sip.instance")) continue;
    shown.push([name, value === undefined ? undefined : quoteString(value)]);
  }
  return formatParams([[serviceTag, undefined], ...shown]);
}

/** A Contact of ours. */
export interface OwnContact {
  readonly uri: string;
  /** Feature parameters of the far end, as written from the first semicolon on. */
  readonly params: string;
  readonly isNameless: boolean;
}

/** @spec GEN-11 */
export function contactField({ uri, params, isNameless }: OwnContact): HeaderField {
  return ["Contact", `<${uri}>${featuresShown(params, isNameless)}`];
}

/** The parameters of the Contact of a message, as written. */
export function contactParamsOf(headers: HeaderList): string {
  return contactOf(headers)?.params.toString() ?? "";
}

/** The URI of the Contact of a message, as written. */
export function contactUriOf(headers: HeaderList): string | undefined {
  return contactOf(headers)?.uri;
}

function contactOf(headers: HeaderList) {
  const contact = headers.get("Contact");
  const name = contact === undefined ? undefined : parseNameAddr(contact);
  return name?.ok ? name.value : undefined;
}
