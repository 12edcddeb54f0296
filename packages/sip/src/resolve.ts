import { relativeName } from "./aor.js";
import type { Chance } from "@heliograph/kernel";
import { isIpv4Address, isIpv6Address } from "./host-port.js";
import type { TransportName } from "./port.js";
import { orderSrv, type PickBelow, type SrvRecord } from "./resolve-srv.js";
import type { SipUri } from "./sip-uri.js";

/** What is to be asked of DNS. */
export interface DnsQuestion {
  readonly kind: "NAPTR" | "SRV" | "A" | "AAAA";
  readonly name: string;
}

/** One NAPTR record. @spec rfc3263#4.1 */
export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly regexp: string;
  readonly replacement: string;
}

/** What DNS said; nothing, a name that does not exist and an error are all no records. */
export type DnsAnswer =
  | { readonly kind: "NAPTR"; readonly records: readonly NaptrRecord[] }
  | { readonly kind: "SRV"; readonly records: readonly SrvRecord[] }
  | { readonly kind: "A" | "AAAA"; readonly records: readonly string[] };

/** Where a request can be sent. */
export interface NextHop {
  readonly transport: TransportName;
  readonly address: string;
  readonly port: number;
  /** The name that the peer's certificate must be valid for: that of the URI, not of a record. @spec rfc5922#7.1 */
  readonly domain: string;
}

/** What we can do, and how far we go. */
export interface ResolutionOptions {
  /** In the order in which we like them where the domain has no opinion. */
  readonly transports: readonly TransportName[];
  readonly pick: PickBelow;
  /** Which addresses we can reach, those to try first in front. */
  readonly families?: readonly ("A" | "AAAA")[];
  readonly maxHops?: number;
}

/** Questions to be asked at once; the answers come back in the same order. */
export type Resolution = Generator<readonly DnsQuestion[], readonly NextHop[], readonly DnsAnswer[]>;

const defaultPort: Readonly<Record<TransportName, number>> = {
  udp: 5060,
  tcp: 5060,
  tls: 5061,
  ws: 80,
  wss: 443,
};
const mostRecords = 32;

const naptrServices: ReadonlyMap<string, TransportName> = new Map([
  ["SIP+D2U", "udp"],
  ["SIP+D2T", "tcp"],
  ["SIPS+D2T", "tls"],
  ["SIP+D2W", "ws"],
  ["SIPS+D2W", "wss"],
]);

/** WebSocket has no SRV service of its own. @spec rfc7118#5.1 */
const srvServices: ReadonlyMap<TransportName, string> = new Map([
  ["udp", "_sip._udp"],
  ["tcp", "_sip._tcp"],
  ["tls", "_sips._tcp"],
]);

/** A domain, or a host, to be reached over one transport. */
interface Route {
  readonly transport: TransportName;
  readonly name: string;
  readonly port: number;
}

/**
 * Finds where a SIP or SIPS URI leads: yields questions, takes answers, returns next hops in the order in which they are
 * to be tried. None means that the URI leads nowhere.
 *
 * @spec rfc3263#4
 * @spec SC-06
 */
export function* planResolution(uri: SipUri, options: ResolutionOptions): Resolution {
  const target = uri.params.get("maddr") ?? uri.host;
  const named = uri.params.get("transport");
  const transport = named === undefined ? undefined : transportFor(named, uri.scheme);
  if (named !== undefined && (transport === undefined || !options.transports.includes(transport))) return [];
  if (isNumeric(target)) return numericHop(uri, target, transport, options);
  const routes = yield* routesTo(uri, target, transport, options);
  return yield* addressesOf(routes, uri.host, options);
}

/** {@link PickBelow} out of tokens of chance: hashed by FNV-1a, and mixed as MurmurHash3 ends. */
export function pickBy(chance: Chance): PickBelow {
  return (limit) => {
    let hash = 0x811c9dc5;
    for (const character of chance.token(8)) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return Math.floor(((hash ^ (hash >>> 16)) >>> 0) * (limit / 2 ** 32));
  };
}

/** TLS is what a SIPS URI's `tcp` means; `tls` in a SIP URI is deprecated and wanted all the same. @spec rfc3261#26.2.2 */
function transportFor(name: string, scheme: "sip" | "sips"): TransportName | undefined {
  const isSecure = scheme === "sips";
  switch (name.toLowerCase()) {
    case "udp":
      return isSecure ? undefined : "udp";
    case "tcp":
      return isSecure ? "tls" : "tcp";
    case "tls":
      return "tls";
    case "ws":
      return isSecure ? "wss" : "ws";
    case "wss":
      return "wss";
    default:
      return undefined;
  }
}

/** What RFC 3263 falls back on: UDP, and for a SIPS URI TLS over TCP; else the first that we have. */
function usualTransport({ scheme }: SipUri, { transports }: ResolutionOptions): TransportName | undefined {
  const usual = scheme === "sips" ? "tls" : "udp";
  return transports.includes(usual) ? usual : transports.find((transport) => isAllowed(transport, scheme));
}

function isAllowed(transport: TransportName, scheme: "sip" | "sips"): boolean {
  return scheme === "sip" || transport === "tls" || transport === "wss";
}

function numericHop(
  uri: SipUri,
  target: string,
  named: TransportName | undefined,
  options: ResolutionOptions,
): NextHop[] {
  const transport = named ?? usualTransport(uri, options);
  if (transport === undefined) return [];
  const address = target.replace(/^\[|\]$/g, "");
  return [{ transport, address, port: uri.port ?? defaultPort[transport], domain: uri.host }];
}

/** Selects transport and port. @spec rfc3263#4.1 @spec rfc3263#4.2 */
function* routesTo(
  uri: SipUri,
  target: string,
  named: TransportName | undefined,
  options: ResolutionOptions,
): Generator<readonly DnsQuestion[], readonly Route[], readonly DnsAnswer[]> {
  const transport = named ?? usualTransport(uri, options);
  if (transport === undefined) return [];
  const plain = { transport, name: target, port: uri.port ?? defaultPort[transport] };
  if (uri.port !== undefined) return [plain];
  const services =
    named === undefined ? yield* servicesOf(target, uri.scheme, options) : serviceOf(named, target);
  if (services.length === 0) return [plain];
  const answers = yield services.map(({ name }) => ({ kind: "SRV", name }));
  const found = services.map((service, index) => routesOf(service.transport, answers[index], options));
  if (found.every((routes) => routes === undefined))
    return [{ ...plain, ...fallback(services, named, plain) }];
  return found.flatMap((routes) => routes ?? []);
}

/** Without SRV records, NAPTR's choice of a transport stands. */
function fallback(
  services: readonly Service[],
  named: TransportName | undefined,
  plain: Route,
): Partial<Route> {
  const [first] = services;
  if (named !== undefined || first === undefined || !first.isChosen) return {};
  return { transport: first.transport, port: defaultPort[first.transport], name: plain.name };
}

interface Service {
  readonly transport: TransportName;
  readonly name: string;
  /** By NAPTR, and not by our trying one after the other. */
  readonly isChosen: boolean;
}

function serviceOf(transport: TransportName, target: string): Service[] {
  const service = srvServices.get(transport);
  return service === undefined ? [] : [{ transport, name: `${service}.${target}`, isChosen: false }];
}

/** Asks for NAPTR, and without an answer that we can use names the service of each transport. @spec rfc3263#4.1 */
function* servicesOf(
  target: string,
  scheme: "sip" | "sips",
  options: ResolutionOptions,
): Generator<readonly DnsQuestion[], readonly Service[], readonly DnsAnswer[]> {
  const [answer] = yield [{ kind: "NAPTR", name: target }];
  const chosen = answer?.kind === "NAPTR" ? servicesIn(answer.records, scheme, options) : [];
  if (chosen.length > 0) return chosen;
  return options.transports
    .filter((transport) => isAllowed(transport, scheme))
    .flatMap((t) => serviceOf(t, target));
}

/** Of the lowest order that has any we can use, all, by preference. @spec rfc3263#4.1 */
function servicesIn(
  records: readonly NaptrRecord[],
  scheme: "sip" | "sips",
  { transports }: ResolutionOptions,
): Service[] {
  const usable = records.slice(0, mostRecords).flatMap((record) => {
    const transport = naptrServices.get(record.service.toUpperCase());
    if (transport === undefined || !transports.includes(transport) || !isAllowed(transport, scheme))
      return [];
    if (record.flags.toLowerCase() !== "s" || record.regexp !== "") return [];
    return [{ ...record, transport, name: relativeName(record.replacement), isChosen: true }];
  });
  const order = Math.min(...usable.map((record) => record.order));
  return usable
    .filter((record) => record.order === order)
    .sort((one, other) => one.preference - other.preference);
}

/** Undefined when there are no records; none when the service is decidedly not there. @spec rfc2782 */
function routesOf(
  transport: TransportName,
  answer: DnsAnswer | undefined,
  { pick }: ResolutionOptions,
): Route[] | undefined {
  if (answer?.kind !== "SRV" || answer.records.length === 0) return undefined;
  const records = answer.records
    .slice(0, mostRecords)
    .map((record) => ({ ...record, target: relativeName(record.target) }));
  const real = records.filter(({ target }) => target !== "");
  return orderSrv(real, pick).map(({ target, port }) => ({ transport, name: target, port }));
}

/** Looks every name up once, all at the same time. @spec rfc3263#4.2 */
function* addressesOf(routes: readonly Route[], domain: string, options: ResolutionOptions): Resolution {
  const { families = ["A", "AAAA"], maxHops = 16 } = options;
  const tried = routes.slice(0, maxHops);
  const names = [...new Set(tried.map(({ name }) => name))].filter((name) => !isNumeric(name));
  const questions = names.flatMap((name) => families.map((kind) => ({ kind, name })));
  const answers = questions.length === 0 ? [] : yield questions;
  const addresses = new Map<string, string[]>();
  for (const [index, { name, kind }] of questions.entries()) {
    const answer = answers[index];
    if (answer?.kind !== kind) continue;
    addresses.set(name, [...(addresses.get(name) ?? []), ...answer.records.slice(0, mostRecords)]);
  }
  const hops = tried.flatMap(({ transport, name, port }) =>
    (isNumeric(name) ? [name] : (addresses.get(name) ?? [])).map((address) => ({
      transport,
      address,
      port,
      domain,
    })),
  );
  return hops.slice(0, maxHops);
}

function isNumeric(host: string): boolean {
  return isIpv4Address(host) || isIpv6Address(host.replace(/^\[|\]$/g, ""));
}
