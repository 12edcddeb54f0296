import { err, ok, type Result } from "@heliograph/kernel";
import type { MsrpListeningPoint } from "@heliograph/msrp-stack";
import type { EnvReader } from "@heliograph/runtime";
import { parseHostPort } from "@heliograph/sip";
import { isRange } from "./domain/connect-guard.js";
import type { AuthTerms } from "./domain/auth-terms.js";
import type { PointTransport } from "./domain/relay-points.js";

/** What an operator decides about the relay. */
export interface Config {
  readonly listen: readonly MsrpListeningPoint[];
  /** Host names under which clients and networks reach this node; the first is written into descriptions. */
  readonly names: readonly string[];
  readonly nodeId: string;
  readonly tls: {
    readonly keyFile: string | undefined;
    readonly certFile: string | undefined;
    readonly dataDir: string;
    readonly authoritiesFile: string | undefined;
  };
  readonly limits: RelayLimits;
  readonly origins: readonly string[];
  readonly isBehindProxy: boolean;
  readonly connectInternal: readonly string[];
  readonly auth: AuthConfig;
}

/** Who may use the relay by AUTH, and for how long. */
interface AuthConfig extends AuthTerms {
  readonly realm: string | undefined;
  readonly isPlainAllowed: boolean;
  readonly relays: readonly string[];
}

/** What sessions and connections may cost. */
interface RelayLimits {
  readonly maxSessions: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerSource: number;
  readonly firstRequestMs: number;
  readonly bindMs: number;
  readonly graceMs: number;
  readonly idleMs: number;
  readonly stalledMs: number;
  readonly drainMs: number;
}

const defaultListen = ["tcp:127.0.0.1:2855", "tls:127.0.0.1:2856", "ws:127.0.0.1:2857", "wss:127.0.0.1:2858"];

/** Reads the settings of the relay; each has a default that works. */
export function readConfig(read: EnvReader): Config {
  return {
    listen: readListen(read),
    names: read.list(
      "MSRP_NAMES",
      [],
      "Host names under which this relay is reached; the first stands in session descriptions",
    ),
    nodeId: readNodeId(read),
    tls: {
      keyFile: read.optional("TLS_KEY", "File of the private key for TLS and WSS (PEM); unset: one is made"),
      certFile: read.optional("TLS_CERT", "File of the certificate chain for TLS and WSS (PEM)"),
      dataDir: read.string("DATA_DIR", "./data", "Folder of what the service keeps on disk"),
      authoritiesFile: read.optional(
        "MSRP_AUTHORITIES",
        "File of the certificates (PEM) of those who vouch for relays and peers; unset: the system's",
      ),
    },
    limits: readLimits(read),
    origins: read.list(
      "MSRP_ORIGINS",
      [],
      "Origins whose pages may open a WebSocket to the relay; unset: any",
    ),
    isBehindProxy: read.boolean(
      "MSRP_BEHIND_PROXY",
      false,
      "A proxy in front of the WebSocket listener ends the TLS of clients",
    ),
    connectInternal: readRanges(read),
    auth: readAuth(read),
  };
}

function readAuth(read: EnvReader): AuthConfig {
  const seconds = (name: string, standard: number, about: string) =>
    read.integer(name, standard, about, { min: 1 });
  const minExpiresS = seconds(
    "MSRP_AUTH_MIN_EXPIRES",
    60,
    "Seconds that a client of the relay asks for, at least",
  );
  const maxExpiresS = seconds(
    "MSRP_AUTH_MAX_EXPIRES",
    86_400,
    "Seconds that a client of the relay asks for, at most",
  );
  const expiresS = seconds(
    "MSRP_AUTH_EXPIRES",
    3_600,
    "Seconds that who asks for none may use the relay by AUTH",
  );
  if (minExpiresS > expiresS || expiresS > maxExpiresS)
    read.complain("MSRP_AUTH_EXPIRES must be between MSRP_AUTH_MIN_EXPIRES and MSRP_AUTH_MAX_EXPIRES");
  const relays = read.list(
    "MSRP_RELAYS",
    [],
    "Names of neighbouring relays, which show a certificate for them",
  );
  return {
    minExpiresS,
    maxExpiresS,
    expiresS,
    realm: read.optional(
      "MSRP_AUTH_REALM",
      "Domain whose users authenticate to this relay; unset: found out",
    ),
    isPlainAllowed: read.boolean(
      "MSRP_AUTH_PLAIN",
      false,
      "Whether AUTH is taken without TLS: for tests, and where something else protects the way",
    ),
    relays: relays.map((name) => name.toLowerCase()),
  };
}

function readLimits(read: EnvReader): RelayLimits {
  return {
    maxSessions: read.integer("MSRP_MAX_SESSIONS", 50_000, "Sessions anchored at once", { min: 1 }),
    ...readConnectionLimits(read),
    bindMs: read.milliseconds(
      "MSRP_NOT_BOUND_MS",
      30_000,
      "How long an end may take to connect, and to send its first request",
      { min: 1_000 },
    ),
    graceMs: read.milliseconds(
      "MSRP_GRACE_MS",
      2_000,
      "How long an end whose connection closed may take to come back",
    ),
    idleMs: read.milliseconds("MSRP_IDLE_MS", 3_600_000, "How long a session may carry nothing", {
      min: 1_000,
    }),
    stalledMs: read.milliseconds(
      "MSRP_STALLED_MS",
      300_000,
      "How long a receiver may not read while messages wait for it",
      { min: 1_000 },
    ),
    drainMs: read.milliseconds(
      "MSRP_DRAIN_MS",
      5_000,
      "How long sessions may take to move when the service stops",
    ),
  };
}

function readConnectionLimits(
  read: EnvReader,
): Pick<RelayLimits, "maxConnections" | "maxConnectionsPerSource" | "firstRequestMs"> {
  return {
    maxConnections: read.integer("MSRP_MAX_CONNECTIONS", 100_000, "Connections from outside, all together", {
      min: 1,
    }),
    maxConnectionsPerSource: read.integer(
      "MSRP_MAX_CONNECTIONS_PER_SOURCE",
      2_000,
      "Connections that one source address may have open",
      { min: 1 },
    ),
    firstRequestMs: read.milliseconds(
      "MSRP_FIRST_REQUEST_MS",
      30_000,
      "How long a connection may take to a request that belongs to a session",
      { min: 1_000 },
    ),
  };
}

function readListen(read: EnvReader): readonly MsrpListeningPoint[] {
  const texts = read.list("MSRP_LISTEN", defaultListen, "Where MSRP is taken: transport:address:port");
  if (texts.length === 0) read.complain("MSRP_LISTEN must name one listener at least");
  const points: MsrpListeningPoint[] = [];
  for (const text of texts) {
    const point = parsePoint(text);
    if (point.ok) points.push(point.value);
    else read.complain(`MSRP_LISTEN: "${text.slice(0, 80)}" is wrong at: ${point.error}`);
  }
  return points;
}

const transports: readonly PointTransport[] = ["tcp", "tls", "ws", "wss"];

function parsePoint(text: string): Result<MsrpListeningPoint, string> {
  const colon = text.indexOf(":");
  const transport = transports.find((one) => one === text.slice(0, Math.max(colon, 0)).toLowerCase());
  if (transport === undefined) return err("tcp, tls, ws or wss");
  const hostPort = parseHostPort(text, colon + 1);
  if (!hostPort.ok) return err(hostPort.error.rule);
  const { host, port } = hostPort.value;
  return port === undefined ? err("port") : ok({ transport, address: host, port });
}

function readNodeId(read: EnvReader): string {
  const id = read.string(
    "MSRP_NODE_ID",
    "relay1",
    "Name of this relay node on the bus: letters, digits, - and _",
  );
  if (!/^[A-Za-z0-9_-]+$/.test(id)) read.complain("MSRP_NODE_ID must be letters, digits, - and _");
  return id;
}

function readRanges(read: EnvReader): readonly string[] {
  const ranges = read.list(
    "MSRP_CONNECT_INTERNAL",
    [],
    "Internal addresses (CIDR) to which the relay may connect when an end asks for it",
  );
  const wrong = ranges.find((range) => !isRange(range));
  if (wrong !== undefined)
    read.complain(`MSRP_CONNECT_INTERNAL: "${wrong}" must be like 10.0.0.0/8 or fd00::/8`);
  return ranges;
}
