import type { EnvReader } from "@heliograph/runtime";
import { type DigestPolicy, readAlgorithms } from "./domain/offered-algorithms.js";
import type { RegistrationPolicy } from "./domain/registration-policy.js";

/** What an operator decides about registrar and authentication. */
export interface SipCoreConfig {
  readonly registration: RegistrationPolicy;
  readonly digest: DigestPolicy;
  /** How long a nonce may be answered. */
  readonly nonceLifeMs: number;
  /** How many subscribers are remembered. */
  readonly cachedSubscribers: number;
}

/** Reads the settings of this service; all have working defaults. */
export function readSipCoreConfig(read: EnvReader): SipCoreConfig {
  const seconds = (name: string, fallbackS: number, about: string) =>
    Math.round(read.milliseconds(name, fallbackS * 1_000, about, { min: 1_000 }) / 1_000);
  const config: SipCoreConfig = {
    registration: {
      minExpiresS: seconds("REGISTER_MIN_EXPIRES", 60, "A shorter registration is refused with 423"),
      maxExpiresS: seconds("REGISTER_MAX_EXPIRES", 24 * 3_600, "A longer registration is shortened"),
      defaultExpiresS: seconds(
        "REGISTER_DEFAULT_EXPIRES",
        3_600,
        "How long a registration lasts that does not say",
      ),
      maxContacts: read.integer("REGISTER_MAX_CONTACTS", 20, "How many contacts a user may register", {
        min: 1,
        max: 1_000,
      }),
      flowTimerS: seconds("FLOW_TIMER", 120, "How often devices on a flow are asked to show that they live"),
      acceptsUnannouncedPath: read.boolean(
        "ACCEPT_UNANNOUNCED_PATH",
        false,
        "Whether a Path is taken from devices whose Supported does not name it",
      ),
      serviceRoute: read.list("SERVICE_ROUTE", [], "URIs that devices shall send their requests through"),
    },
    digest: readDigest(read),
    nonceLifeMs: read.milliseconds("NONCE_LIFE", 300_000, "How long a digest nonce may be used", {
      min: 1_000,
    }),
    cachedSubscribers: read.integer("SUBSCRIBER_CACHE", 100_000, "How many subscribers are remembered", {
      min: 1,
    }),
  };
  const { minExpiresS, maxExpiresS } = config.registration;
  if (minExpiresS > maxExpiresS) read.complain("REGISTER_MIN_EXPIRES must not be above REGISTER_MAX_EXPIRES");
  return config;
}

/** Linphone gives up at SHA-512-256, and the libre library before version 3 at anything but MD5. @spec R-sip-core-7 */
function readDigest(read: EnvReader): DigestPolicy {
  const about = "Digest algorithms that are offered: SHA-512-256, SHA-256, MD5";
  const algorithms = readAlgorithms(read.list("DIGEST_ALGORITHMS", ["SHA-256", "MD5"], about));
  if (!algorithms) read.complain("DIGEST_ALGORITHMS must be some of SHA-512-256, SHA-256 and MD5");
  return {
    algorithms: algorithms ?? [],
    md5OnlyClients: read.list(
      "MD5_ONLY_CLIENTS",
      ["baresip v0.", "baresip v1.", "baresip v2."],
      "Beginnings of User-Agent values of clients that are offered MD5 alone, because they give up at anything else",
    ),
  };
}
