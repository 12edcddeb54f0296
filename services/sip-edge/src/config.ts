import type { Result } from "@heliograph/kernel";
import type { EnvReader } from "@heliograph/runtime";
import type { ListeningPoint, TransportName } from "@heliograph/sip";
import { AddressSet } from "./domain/address-set.js";
import { parseListeningPoint } from "./domain/listening-point.js";
import { Neighbours, parseNeighbour } from "./domain/neighbours.js";

/** What an operator decides about the edge. */
export interface Config {
  readonly listen: readonly ListeningPoint[];
  /** Host names under which clients and networks reach this node. */
  readonly names: readonly string[];
  readonly nodeId: string;
  readonly tls: {
    readonly keyFile: string | undefined;
    readonly certFile: string | undefined;
    readonly dataDir: string;
  };
  readonly trustedCores: AddressSet;
  readonly neighbours: Neighbours;
  readonly federation: "open" | "neighbours";
  /** Whether P-Asserted-Identity goes to hops outside the trust domain when its sender did not ask for privacy. */
  readonly assertsOutside: boolean;
  readonly requiresServiceTag: boolean;
  readonly priorities: ReadonlySet<string>;
  readonly server: string;
  /** Messages a second that one source address may send, a burst of twice as many apart; whole trusted cores are free. */
  readonly sourcePerSecond: number;
  readonly connections: ConnectionLimits;
  readonly maxInHand: number;
  readonly maxLegs: number;
  readonly shedAboveMs: number;
  readonly maxFlowUsers: number;
  readonly drainMs: number;
}

/** What those who connect may cost. @spec GEN-14 */
interface ConnectionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerSource: number;
  readonly firstMessageMs: number;
  readonly wholeMessageMs: number;
  readonly idleMs: number;
}

const defaultListen = [
  "udp:127.0.0.1:5060",
  "tcp:127.0.0.1:5060",
  "tls:127.0.0.1:5061",
  "ws:127.0.0.1:5066",
  "wss:127.0.0.1:5067",
];

/** Reads the settings of the edge. */
export function readConfig(read: EnvReader): Config {
  return {
    listen: parsed(
      read,
      "SIP_LISTEN",
      read.list("SIP_LISTEN", defaultListen, "Where SIP is taken: transport:address:port"),
      parseListeningPoint,
    ),
    names: read.list(
      "SIP_NAMES",
      [],
      "Host names under which this node is reached, as Route and Via name it",
    ),
    nodeId: nodeId(read),
    tls: {
      keyFile: read.optional("TLS_KEY", "File of the private key for TLS and WSS (PEM); unset: one is made"),
      certFile: read.optional("TLS_CERT", "File of the certificate chain for TLS and WSS (PEM)"),
      dataDir: read.string("DATA_DIR", "./data", "Folder of what the service keeps on disk"),
    },
    ...readNetworks(read),
    requiresServiceTag: read.boolean(
      "IM_TAG_REQUIRED",
      false,
      "Refuse messages whose Accept-Contact lacks +g.oma.sip-im",
    ),
    priorities: new Set(
      read
        .list("RESOURCE_PRIORITIES", [], "Resource-Priority values that a trusted core may ask for")
        .map((value) => value.toLowerCase()),
    ),
    server: read.string("SIP_SERVER_HEADER", "IM-serv/OMA1.0 Heliograph/0.1.0", "Server header of answers"),
    sourcePerSecond: read.integer(
      "SIP_SOURCE_RATE",
      20_000,
      "Messages a second that one source address may send",
      { min: 1 },
    ),
    connections: readConnectionLimits(read),
    ...readBounds(read),
    maxFlowUsers: read.integer("SIP_MAX_FLOWS", 200_000, "Flows whose registrations are remembered", {
      min: 1,
    }),
    drainMs: read.milliseconds(
      "SIP_DRAIN_MS",
      5_000,
      "How long open transactions may take when the service stops",
    ),
  };
}

/** How much may be in hand. @spec GEN-14 */
function readBounds(read: EnvReader): Pick<Config, "maxInHand" | "maxLegs" | "shedAboveMs"> {
  return {
    maxInHand: read.integer(
      "SIP_MAX_IN_HAND",
      20_000,
      "Requests that may wait for an answer at once; more get 503",
      { min: 1 },
    ),
    maxLegs: read.integer(
      "SIP_MAX_LEGS",
      50_000,
      "Dialogs of sessions that this node keeps at once, those that are only ringing included; more get 503",
      { min: 1 },
    ),
    shedAboveMs: read.milliseconds(
      "SIP_SHED_ABOVE_MS",
      150,
      "When even the fastest of many deliveries takes this much longer than usual, new messages get 503",
    ),
  };
}

function readConnectionLimits(read: EnvReader): ConnectionLimits {
  return {
    maxConnections: read.integer("SIP_MAX_CONNECTIONS", 100_000, "Connections from outside, all together", {
      min: 1,
    }),
    maxConnectionsPerSource: read.integer(
      "SIP_MAX_CONNECTIONS_PER_SOURCE",
      1_000,
      "Connections that one source address may have open",
      { min: 1 },
    ),
    firstMessageMs: read.milliseconds(
      "SIP_FIRST_MESSAGE_MS",
      10_000,
      "How long a connection may take to its first whole message, handshakes included",
    ),
    wholeMessageMs: read.milliseconds(
      "SIP_WHOLE_MESSAGE_MS",
      32_000,
      "How long a message may take from its first byte to its last",
    ),
    idleMs: read.milliseconds(
      "SIP_IDLE_MS",
      2 * 3_600_000,
      "How long a connection may carry neither a message nor a keep-alive",
    ),
  };
}

/** Other networks, and what they may do. */
function readNetworks(
  read: EnvReader,
): Pick<Config, "trustedCores" | "neighbours" | "federation" | "assertsOutside"> {
  const cores = AddressSet.parse(
    read.list(
      "TRUSTED_CORES",
      [],
      "Addresses (CIDR, or address:port) of a SIP core in front, whose P-Asserted-Identity is believed",
    ),
  );
  if (!cores.ok)
    read.complain("TRUSTED_CORES must be addresses like 192.0.2.0/24, 192.0.2.1:5060 or [2001:db8::1]:5060");
  const neighbours = parsed(
    read,
    "NEIGHBOURS",
    read.list("NEIGHBOURS", [], "Other networks: domain=route-uri[;address=cidr][;trusted]"),
    parseNeighbour,
  );
  return {
    trustedCores: cores.ok ? cores.value : AddressSet.empty,
    neighbours: new Neighbours(neighbours),
    federation: read.choice(
      "FEDERATION",
      ["open", "neighbours"],
      "open",
      "From which networks messages are taken",
    ),
    assertsOutside: read.boolean(
      "ASSERT_OUTSIDE",
      false,
      "Send P-Asserted-Identity to untrusted networks and devices too, unless the sender asks for privacy",
    ),
  };
}

function nodeId(read: EnvReader): string {
  const id = read.string("NODE_ID", "edge1", "Name of this edge node on the bus: letters, digits, - and _");
  if (!/^[A-Za-z0-9_-]+$/.test(id)) read.complain("NODE_ID must be letters, digits, - and _");
  return id;
}

function parsed<T>(
  read: EnvReader,
  name: string,
  texts: readonly string[],
  parse: (text: string) => Result<T, { readonly rule: string }>,
): readonly T[] {
  const values: T[] = [];
  for (const text of texts) {
    const value = parse(text);
    if (value.ok) values.push(value.value);
    else read.complain(`${name}: "${text.slice(0, 80)}" is wrong at: ${value.error.rule}`);
  }
  return values;
}

/** Whether a listener needs a certificate. */
export const needsCertificate = (transport: TransportName): boolean =>
  transport === "tls" || transport === "wss";
