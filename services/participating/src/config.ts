import type { EnvReader } from "@heliograph/runtime";
import type { PagerLimits } from "./domain/pager-limits.js";
import type { SessionLimits } from "./domain/session-limits.js";

/** What an operator decides about sessions. */
export interface SessionConfig {
  readonly sessionLimits: SessionLimits;
  readonly mediaAnchor: "always" | "never";
  readonly ringMs: number;
  readonly sessionOffline: "refuse" | "store";
  /** INVITEs of one sender in a window; 0: no limit. */
  readonly sessionsPerWindow: number;
  readonly deferredUser: string;
  readonly conversationTtlMs: number;
  readonly sweepMs: number;
}

/** What an operator decides. */
export interface Config extends SessionConfig {
  readonly deliveryBudgetMs: number;
  readonly forwardTimeoutMs: number;
  readonly limits: PagerLimits;
  /** 0: no limit. */
  readonly ratePerWindow: number;
  readonly rateWindowMs: number;
  readonly maxPending: number;
  readonly rememberForMs: number;
  readonly profileTtlMs: number;
  readonly maxProfiles: number;
  readonly imdnUser: string;
}

/** Reads the settings of this service; each has a default that works. */
export function readConfig(read: EnvReader): Config {
  return {
    deliveryBudgetMs: read.milliseconds(
      "DELIVERY_BUDGET_MS",
      8_000,
      "How long devices may take before a message is deferred; well inside the sender's 32 s",
      { min: 100, max: 20_000 },
    ),
    forwardTimeoutMs: read.milliseconds(
      "FORWARD_TIMEOUT_MS",
      25_000,
      "How long another network may take to answer",
      {
        min: 1_000,
        max: 30_000,
      },
    ),
    limits: readLimits(read),
    ...readRates(read),
    rememberForMs: read.milliseconds(
      "DUPLICATE_WINDOW_MS",
      24 * 3_600_000,
      "How long a repeated message is recognised",
      {
        min: 60_000,
      },
    ),
    profileTtlMs: read.milliseconds(
      "PROFILE_CACHE_TTL_MS",
      60_000,
      "How long a profile is believed without asking again",
      {
        min: 1,
      },
    ),
    maxProfiles: read.integer("PROFILE_CACHE_ENTRIES", 50_000, "Profiles kept in memory", { min: 1 }),
    imdnUser: read.string(
      "IMDN_USER",
      "imdn",
      "User part of our own address in each domain; notifications come back to it",
    ),
    ...readSessions(read),
  };
}

function readLimits(read: EnvReader): PagerLimits {
  return {
    maxBytes: read.bytes(
      "PAGER_MAX_BYTES",
      65_535,
      "Largest MESSAGE, all of it, over TCP, TLS and WebSocket",
    ),
    maxUdpBytes: read.bytes(
      "PAGER_MAX_UDP_BYTES",
      1_300,
      "Largest MESSAGE, all of it, over UDP (RFC 3428 §8)",
    ),
    contentTypes: read
      .list("PAGER_CONTENT_TYPES", ["*/*"], "Allowed besides text/*: type/subtype, type/* or */*")
      .map((type) => type.toLowerCase()),
    refusedClients: read.list(
      "REFUSED_CLIENTS",
      [],
      "Beginnings of User-Agent values that are refused (403, 132)",
    ),
  };
}

function readRates(read: EnvReader): Pick<Config, "ratePerWindow" | "rateWindowMs" | "maxPending"> {
  return {
    ratePerWindow: read.integer(
      "RATE_LIMIT_MESSAGES",
      1_000,
      "Messages one sender may send in a window; 0: no limit",
      {
        min: 0,
      },
    ),
    rateWindowMs: read.milliseconds("RATE_LIMIT_WINDOW_MS", 10_000, "The window of RATE_LIMIT_MESSAGES", {
      min: 100,
    }),
    maxPending: read.integer(
      "MAX_PENDING_MESSAGES",
      5_000,
      "Messages under way at once from, or to, one user",
      { min: 1 },
    ),
  };
}

function readSessions(read: EnvReader): SessionConfig {
  return {
    sessionLimits: readSessionLimits(read),
    mediaAnchor: read.choice(
      "MEDIA_ANCHOR",
      ["always", "never"],
      "always",
      "Whether media go through our relay; never: the ends connect to each other, and TCP, TLS and WebSocket do not meet",
    ),
    ringMs: read.milliseconds("RING_MS", 60_000, "How long devices ring before a session is not answered", {
      min: 1_000,
      max: 170_000,
    }),
    sessionOffline: read.choice(
      "SESSION_OFFLINE",
      ["refuse", "store"],
      "refuse",
      "A session for a user who is away: refused with 480, or its messages are stored",
    ),
    sessionsPerWindow: read.integer(
      "RATE_LIMIT_SESSIONS",
      100,
      "Sessions one user may begin in RATE_LIMIT_WINDOW_MS; 0: no limit",
      { min: 0 },
    ),
    deferredUser: read.string(
      "DEFERRED_USER",
      "deferred",
      "User part of the address in each domain where users fetch what waits for them",
    ),
    conversationTtlMs: read.milliseconds(
      "SESSION_FORGET_MS",
      24 * 3_600_000,
      "How long a session is remembered when nobody looks after it any more",
      { min: 3 * 3_600_000 },
    ),
    sweepMs: read.milliseconds(
      "SESSION_SWEEP_MS",
      3_000,
      "How often sessions are looked at for ends that are gone",
      {
        min: 500,
        max: 60_000,
      },
    ),
  };
}

function readSessionLimits(read: EnvReader): SessionLimits {
  return {
    maxLargeBytes: read.bytes("MAX_SIZE_1TO1", 10 * 1_048_576, "Largest message of large-message mode"),
    maxSessionBytes: read.bytes("MAX_SIZE_SESSION", 100 * 1_048_576, "Largest message inside a session"),
    maxFileBytes: read.bytes("MAX_SIZE_FILE", 4 * 1_073_741_824, "Largest file"),
    contentTypes: read
      .list("SESSION_CONTENT_TYPES", ["*"], "Allowed in sessions besides text/*: type/subtype, type/* or *")
      .map((type) => type.toLowerCase()),
    refusedClients: read.list(
      "REFUSED_CLIENTS",
      [],
      "Beginnings of User-Agent values that are refused (403, 132)",
    ),
    maxSessions: read.integer("MAX_SESSIONS", 100, "Sessions that one user may have at once", { min: 1 }),
  };
}
