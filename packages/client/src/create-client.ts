import { createHash, randomUUID } from "node:crypto";
import { TimerWheel } from "@heliograph/kernel";
import { aorOf, type Digester, domainOf, parseUri, type SipStack, type TransportName } from "@heliograph/sip";
import { createSipStack, PooledChance } from "@heliograph/sip-stack";
import { Client } from "./client.js";
import type { ClientOptions } from "./client-options.js";
import { Credentials } from "./credentials.js";
import { ClientRegistration } from "./registration.js";
import { requestSender } from "./request-sender.js";

/**
 * An IM client with sockets of its own. Nothing is opened before `register`.
 * Throws a `TypeError` when an address in the options is none.
 *
 * @spec CL-01
 */
export function createClient(options: ClientOptions): Client {
  const { user, domain } = readAor(options.aor);
  const server = options.server ?? `sip:${domain}`;
  const transport = options.transport ?? transportOf(server);
  const clock = options.clock ?? new TimerWheel();
  const chance = options.chance ?? new PooledChance();
  const stack = openableStack({ options, server, transport, clock, chance });
  const credentials =
    options.password === undefined
      ? undefined
      : new Credentials({
          username: options.username ?? user,
          password: options.password,
          digester: nodeDigester,
          chance,
        });
  const target = () => ({ kind: "uri" as const, uri: withTransport(server, transport) });
  const send = requestSender({ stack, credentials });
  const instance = options.instance ?? `urn:uuid:${randomUUID()}`;
  const invalidHost = `${chance.token(8)}.invalid`;
  const registration = new ClientRegistration({
    send,
    clock,
    chance,
    aor: options.aor,
    domain,
    target,
    expiresS: options.expiresS ?? 600,
    contact: () =>
      `<${contactUri(stack, { user, transport, invalidHost })}>;+sip.instance="<${instance}>";reg-id=1;+g.oma.sip-im`,
  });
  return new Client({
    stack,
    send,
    registration,
    clock,
    chance,
    aor: options.aor,
    displayName: options.displayName,
    target,
  });
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

interface StackParts {
  readonly options: ClientOptions;
  readonly server: string;
  readonly transport: TransportName;
  readonly clock: TimerWheel | NonNullable<ClientOptions["clock"]>;
  readonly chance: NonNullable<ClientOptions["chance"]>;
}

/** Over UDP the client takes requests on a port of its own, over TCP too; on a connection it takes them there. */
function openableStack({ options, server, transport, clock, chance }: StackParts): SipStack {
  const address = options.localAddress ?? (isLoopback(server) ? "127.0.0.1" : "0.0.0.0");
  const port = options.localPort ?? 0;
  return createSipStack({
    listen: transport === "udp" ? [{ transport: "udp", address, port }] : [],
    tls: { trustsAnyServer: options.verifiesCertificate === false },
    clock,
    chance,
  });
}

const isLoopback = (uri: string): boolean => /^sips?:([^@]*@)?(127\.|localhost)/i.test(uri);

/** Where this device takes requests; behind a connection the host means nothing. @spec rfc7118#5 */
function contactUri(
  stack: SipStack,
  { user, transport, invalidHost }: { user: string; transport: TransportName; invalidHost: string },
): string {
  const point = stack.listeningPoints[0];
  if (point) return `sip:${user}@${point.address}:${point.port}`;
  return `sip:${user}@${invalidHost};transport=${transport === "wss" ? "ws" : transport}`;
}
