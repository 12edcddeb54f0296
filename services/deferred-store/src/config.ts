import type { EnvReader } from "@heliograph/runtime";
import { parseHostPort } from "@heliograph/sip";
import type { Batching, Quota } from "./adapters/postgres-queues.js";
import type { BackOff } from "./domain/back-off.js";
import { type MsrpListeningPoint, parseMsrpListeningPoint } from "./domain/msrp-listening-point.js";

/** What an operator decides about deferred messages. */
export interface DeferredStoreConfig {
  /** Keys as text; without them, `keyFile` holds them. */
  readonly keys: string | undefined;
  readonly keyFile: string;
  readonly maxKeepMs: number;
  readonly quota: Quota;
  readonly maxAttempts: number;
  readonly backOff: BackOff;
  readonly leaseMs: number;
  readonly sweepMs: number;
  /** How long a message that is over is remembered. */
  readonly tombstoneMs: number;
  readonly keepChargingMs: number;
  readonly maxConcurrentPushes: number;
  readonly batching: Batching;
  readonly sessions: SessionConfig;
  /** Set where the store is a node of its own on the IMDN path; see R-deferred-store-3. */
  readonly imdnUri: string | undefined;
}

/** What an operator decides about large messages. */
interface SessionConfig {
  /** Names this worker on the bus, among all of them. */
  readonly nodeId: string;
  readonly listen: MsrpListeningPoint;
  /** What the path of our descriptions says; unset: the address that we listen on. */
  readonly host: string | undefined;
  /** Who connects where an offer leaves it open (R-deferred-store-14). */
  readonly setup: "active" | "passive";
  /** Where we connect in the place of what a path says: the relay by its internal address. */
  readonly relay: HostAndPort | undefined;
  /** User part of our own address in each domain. */
  readonly storeUser: string;
  readonly maxLegs: number;
  readonly idleMs: number;
  readonly stallMs: number;
}

/** Where something listens for MSRP over TCP. */
interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

const second = 1_000;
const day = 86_400 * second;

/** Reads the settings of the deferred store. */
export function readDeferredStoreConfig(read: EnvReader): DeferredStoreConfig {
  const dataDir = read.string("DATA_DIR", "data", "Where the embedded form keeps its data");
  return {
    keys: read.optionalSecret(
      "DEFERRED_KEY",
      "Keys that deferred messages are encrypted with: 32 bytes each, hexadecimal or base64, the current one first",
    ),
    keyFile: `${dataDir}/deferred.key`,
    maxKeepMs: read.milliseconds("DEFERRED_MAX_KEEP", 7 * day, "How long a message waits at most", {
      min: second,
    }),
    quota: readQuota(read),
    ...readPushing(read),
    tombstoneMs: read.milliseconds(
      "DEFERRED_REMEMBER",
      day,
      "How long a repeat of a message that is over is recognised",
    ),
    keepChargingMs: read.milliseconds("DEFERRED_KEEP_CHARGING", 30 * day, "How long charging facts are kept"),
    batching: readBatching(read),
    sessions: readSessions(read),
    imdnUri: read.optional(
      "DEFERRED_IMDN_URI",
      "URI of the store on the way of IMDNs, where it is a node of its own",
    ),
  };
}

function readQuota(read: EnvReader): Quota {
  const whenFull = ["reject-new", "drop-oldest"] as const;
  return {
    maxMessages: read.integer("DEFERRED_MAX_MESSAGES", 500, "Messages that may wait for one user", {
      min: 1,
    }),
    maxBytes: read.bytes("DEFERRED_MAX_BYTES", 20 * 1024 * 1024, "Octets that may wait for one user", {
      min: 1024,
    }),
    whenFull: read.choice(
      "DEFERRED_WHEN_FULL",
      whenFull,
      "reject-new",
      "What gives way when a user's queue is full",
    ),
  };
}

function readPushing(read: EnvReader) {
  const attempts = "Pushes of one message until only a registration sets off another";
  return {
    maxAttempts: read.integer("DEFERRED_MAX_ATTEMPTS", 20, attempts, { min: 1, max: 10_000 }),
    backOff: {
      firstMs: read.milliseconds(
        "DEFERRED_BACK_OFF_FIRST",
        2 * second,
        "Wait after the first push that finds no device",
      ),
      maxMs: read.milliseconds(
        "DEFERRED_BACK_OFF_MAX",
        300 * second,
        "Longest wait between pushes to a registered user",
      ),
    },
    leaseMs: read.milliseconds(
      "DEFERRED_LEASE",
      15 * second,
      "How long a worker that died keeps its queues",
      { min: 300 },
    ),
    sweepMs: read.milliseconds("DEFERRED_SWEEP", 5 * second, "How often queues are looked at unasked", {
      min: 50,
    }),
    maxConcurrentPushes: read.integer(
      "DEFERRED_MAX_PUSHES",
      200,
      "Users that one process pushes to at a time",
      { min: 1 },
    ),
  };
}

function readBatching(read: EnvReader): Batching {
  return {
    maxRows: read.integer("DEFERRED_BATCH_ROWS", 200, "Messages that share one commit", {
      min: 1,
      max: 5_000,
    }),
    maxWaitMs: read.milliseconds(
      "DEFERRED_BATCH_WAIT",
      3,
      "How long a message waits for others to share a commit",
    ),
    maxConcurrent: read.integer("DEFERRED_BATCH_CONCURRENT", 2, "Commits under way at a time", {
      min: 1,
      max: 16,
    }),
  };
}

function readSessions(read: EnvReader): SessionConfig {
  return {
    nodeId: readNodeId(read),
    listen: readListen(read),
    host: read.optional(
      "STORE_MSRP_HOST",
      "Host by which the relay reaches this worker; unset: the address of STORE_MSRP_LISTEN",
    ),
    setup: read.choice(
      "STORE_MSRP_SETUP",
      ["active", "passive"],
      "active",
      "Who connects between relay and store: the store (active), or the relay, which must be allowed to (passive)",
    ),
    relay: readRelay(read),
    storeUser: read.string(
      "DEFERRED_USER",
      "deferred",
      "User part of the address in each domain where users fetch what waits for them",
    ),
    maxLegs: read.integer("STORE_MAX_SESSIONS", 500, "MSRP sessions of one worker of the store", { min: 1 }),
    idleMs: read.milliseconds(
      "STORE_SESSION_IDLE",
      120 * second,
      "How long nothing may move in an MSRP session of the store",
      { min: second },
    ),
    stallMs: read.milliseconds(
      "STORE_STALL",
      60 * second,
      "How long a device may take no octets of a stored message, or not report it, until the store gives up for now",
      { min: second },
    ),
  };
}

function readNodeId(read: EnvReader): string {
  const id = read.string(
    "STORE_NODE_ID",
    "store1",
    "Name of this worker of the store on the bus, another one for each: letters, digits, - and _",
  );
  if (!/^[A-Za-z0-9_-]+$/.test(id)) read.complain("STORE_NODE_ID must be letters, digits, - and _");
  return id;
}

function readRelay(read: EnvReader): HostAndPort | undefined {
  const text = read.optional(
    "STORE_MSRP_RELAY",
    "host:port where the store reaches the relay, when that is not what session descriptions say",
  );
  if (text === undefined) return undefined;
  const relay = parseHostPort(text);
  if (relay.ok && relay.value.port !== undefined) return { host: relay.value.host, port: relay.value.port };
  read.complain(`STORE_MSRP_RELAY: "${text.slice(0, 80)}" must be host:port`);
  return undefined;
}

function readListen(read: EnvReader): MsrpListeningPoint {
  const text = read.string(
    "STORE_MSRP_LISTEN",
    "tcp:127.0.0.1:0",
    "Where the store takes MSRP from the relay: tcp:address:port; port 0 takes a free one",
  );
  const point = parseMsrpListeningPoint(text);
  if (point.ok) return point.value;
  read.complain(`STORE_MSRP_LISTEN: "${text.slice(0, 80)}" is wrong at: ${point.error.rule}`);
  return { transport: "tcp", address: "127.0.0.1", port: 0 };
}
