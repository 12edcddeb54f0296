import type { EnvReader } from "@heliograph/runtime";
import type { PagerLimits } from "./domain/pager-limits.js";

/** What an operator decides about pager mode. */
export interface Config {
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
