import { createHash, randomUUID } from "node:crypto";
import { type Chance, type Clock, TimerWheel } from "@heliograph/kernel";
import {
  aorOf,
  createDialogs,
  type Digester,
  domainOf,
  parseUri,
  type SipStack,
  type TransportName,
} from "@heliograph/sip";
import { createSipStack, PooledChance } from "@heliograph/sip-stack";
import { Client } from "./client.js";
import type { ClientOptions } from "./client-options.js";
import { Credentials } from "./credentials.js";
import { LifetimeClock } from "./lifetime-clock.js";
import { MediaEndpoints, resolveBySystem } from "./media-endpoints.js";
import { PagerSender } from "./pager-sender.js";
import { ClientRegistration } from "./registration.js";
import { requestSender } from "./request-sender.js";
import { imTag, largeMessageTag } from "./session/invitation-kind.js";
import { mediaTransportFor } from "./session/media-transport.js";
import { defaultSessionLimits } from "./session/session-context.js";

/**
 * An IM client with sockets of its own. Nothing is opened before `register`.
 * Throws a `TypeError` when an address in the options is none.
 *
 * @spec CL-01
 */
export function createClient(options: ClientOptions): Client {
  const settings = settingsOf(options);
  const { aor, displayName, domain, server, transport } = settings;
  const wheel = options.clock ?? new TimerWheel();
  const clock = new LifetimeClock(wheel);
  const chance = options.chance ?? new PooledChance();
  const stack = openableStack(settings, wheel, chance);
  const credentials = credentialsOf(settings, chance);
  const send = requestSender({ stack, credentials });
  const target = () => ({ kind: "uri" as const, uri: withTransport(server, transport) });
  const invalidHost = `${chance.token(8)}.invalid`;
  const uri = (): string => contactUri(stack, { ...settings, invalidHost });
  const media = new MediaEndpoints({
    options: settings.media,
    address: settings.localAddress,
    clock,
    chance,
  });
  const common = { clock, chance, aor, displayName, target };
  return new Client({
    ...common,
    stack,
    dialogs: createDialogs({ stack, clock, chance, contact: () => `<${uri()}>;${imTag}` }),
    pager: new PagerSender({ ...common, send }),
    registration: new ClientRegistration({
      ...common,
      send,
      domain,
      expiresS: settings.expiresS,
      contact: () => `<${uri()}>;+sip.instance="<${settings.instance}>";reg-id=1;${imTag};${largeMessageTag}`,
    }),
    sessions: {
      ...common,
      credentials,
      contactUri: uri,
      ends: () => media.open(),
      transport: settings.mediaTransport,
      resolveNames: resolveBySystem,
      limits: settings.limits,
    },
    deferredService: settings.deferredService,
    pagerLimitBytes: settings.pagerLimitBytes,
    stopMedia: () => media.stop(),
    ended: () => clock.end(),
  });
}

/** The options with their defaults. */
function settingsOf(options: ClientOptions) {
  const { user, domain } = readAor(options.aor);
  const { server = `sip:${domain}`, media = {} } = options;
  const { transport = transportOf(server), localAddress = isLoopback(server) ? "127.0.0.1" : "0.0.0.0" } =
    options;
  const { username = user, expiresS = 600, pagerLimitBytes = 1_300 } = options;
  const { instance = `urn:uuid:${randomUUID()}`, deferredService = `sip:deferred@${domain}` } = options;
  const { transport: mediaTransport = mediaTransportFor[transport], limits } = media;
  return {
    ...options,
    user,
    domain,
    server,
    media,
    transport,
    localAddress,
    username,
    expiresS,
    pagerLimitBytes,
    instance,
    deferredService,
    mediaTransport,
    displayName: options.displayName,
    limits: { ...defaultSessionLimits, ...limits },
  };
}

type Settings = ReturnType<typeof settingsOf>;

function credentialsOf({ username, password }: Settings, chance: Chance): Credentials | undefined {
  if (password === undefined) return undefined;
  return new Credentials({ username, password, digester: nodeDigester, chance });
}

const nodeDigester: Digester = {
  hash: (algorithm, text) => createHash(hashNames[algorithm]).update(text).digest("hex"),
};

const hashNames = { MD5: "md5", "SHA-256": "sha256", "SHA-512-256": "sha512-256" } as const;

function readAor(aor: string): { user: string; domain: string } {
  const parsed = parseUri(aor);
  const key = aorOf(aor);
  if (!parsed.ok || !key.ok || !("user" in parsed.value) || !parsed.value.user) {
    throw new TypeError(`not an address of record (sip:NAME@DOMAIN): ${aor}`);
  }
  return { user: parsed.value.user, domain: domainOf(key.value) };
}

function transportOf(server: string): TransportName {
  const parsed = parseUri(server);
  if (!parsed.ok || (parsed.value.scheme !== "sip" && parsed.value.scheme !== "sips")) {
    throw new TypeError(`not a SIP URI: ${server}`);
  }
  const named = parsed.value.params.get("transport")?.toLowerCase() ?? "";
  if (parsed.value.scheme === "sips") return named === "ws" ? "wss" : "tls";
  return isTransport(named) ? named : "udp";
}

const isTransport = (name: string): name is TransportName =>
  ["udp", "tcp", "tls", "ws", "wss"].includes(name);

/** Over TLS and WSS the URI says so in the only way that RFC 3261 and RFC 7118 leave. */
function withTransport(server: string, transport: TransportName): string {
  if (/;transport=/i.test(server) || server.startsWith("sips:")) return server;
  return transport === "udp" ? server : `${server};transport=${transport}`;
}

/** Over UDP the client takes requests on a port of its own, over TCP too; on a connection it takes them there. */
function openableStack(settings: Settings, clock: Clock, chance: Chance): SipStack {
  const { transport, localAddress: address, localPort: port = 0 } = settings;
  return createSipStack({
    listen: transport === "udp" ? [{ transport: "udp", address, port }] : [],
    tls: { trustsAnyServer: settings.verifiesCertificate === false },
    clock,
    chance,
  });
}

const isLoopback = (uri: string): boolean => /^sips?:([^@]*@)?(127\.|localhost)/i.test(uri);

/** Where this device takes requests; behind a connection the host means nothing. @spec rfc7118#5 */
function contactUri(
  stack: SipStack,
  { user, transport, invalidHost }: Pick<Settings, "user" | "transport"> & { readonly invalidHost: string },
): string {
  const point = stack.listeningPoints[0];
  if (point) return `sip:${user}@${point.address}:${point.port}`;
  return `sip:${user}@${invalidHost};transport=${transport === "wss" ? "ws" : transport}`;
}
