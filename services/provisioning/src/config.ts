import { type EnvReader, required } from "@heliograph/runtime";

/** How the admin API is reached, and by whom. */
export interface ProvisioningConfig {
  readonly host: string;
  readonly port: number;
  /** Whoever shows it may do everything. */
  readonly apiKey: string;
  /** Requests of one address in a minute. */
  readonly maxRequestsPerMinute: number;
}

const minKeyChars = 16;

/** Reads the settings of this service. `fallbackKey`: for a process that makes a key of its own. */
export function readProvisioningConfig(
  read: EnvReader,
  fallbackKey: string | typeof required = required,
): ProvisioningConfig {
  const config: ProvisioningConfig = {
    host: read.string("ADMIN_HOST", "127.0.0.1", "Where the admin API listens"),
    port: read.integer("ADMIN_PORT", 8080, "The port of the admin API; 0: any free one", {
      min: 0,
      max: 65_535,
    }),
    apiKey: read.secret("ADMIN_API_KEY", fallbackKey, "The key that a caller of the admin API shows"),
    maxRequestsPerMinute: read.integer(
      "ADMIN_RATE_LIMIT",
      6_000,
      "Admin requests of one address in a minute",
      { min: 1 },
    ),
  };
  if (config.apiKey !== "" && config.apiKey.length < minKeyChars) {
    read.complain(
      `ADMIN_API_KEY must have at least ${minKeyChars} characters: openssl rand -hex 32 makes a good one`,
    );
  }
  return config;
}
