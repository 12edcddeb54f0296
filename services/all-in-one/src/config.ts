import { type HealthConfig, readHealthConfig } from "@heliograph/bus";
import { type DeferredStoreConfig, readDeferredStoreConfig } from "@heliograph/deferred-store";
import { type Config as MsrpRelayConfig, readConfig as readMsrpRelayConfig } from "@heliograph/msrp-relay";
import {
  type Config as ParticipatingConfig,
  readConfig as readParticipatingConfig,
} from "@heliograph/participating";
import { type ProvisioningConfig, readProvisioningConfig } from "@heliograph/provisioning";
import type { EnvReader } from "@heliograph/runtime";
import { readSipCoreConfig, type SipCoreConfig } from "@heliograph/sip-core";
import { type Config as SipEdgeConfig, readConfig as readSipEdgeConfig } from "@heliograph/sip-edge";
import { readTelemetryConfig, type TelemetryConfig } from "@heliograph/telemetry";

/** Everything that the one process is told. */
export interface AllInOneConfig {
  readonly dataDir: string;
  /** Each swaps its part on its own; unset: the part that lives in this process. */
  readonly natsUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly wantsDemoUsers: boolean;
  readonly health: HealthConfig;
  readonly telemetry: TelemetryConfig;
  readonly sipCore: SipCoreConfig;
  readonly sipEdge: SipEdgeConfig;
  readonly msrpRelay: MsrpRelayConfig;
  readonly participating: ParticipatingConfig;
  readonly deferredStore: DeferredStoreConfig;
  /** An empty key: one is made and kept in the data folder. */
  readonly provisioning: ProvisioningConfig;
}

/** Reads the settings of all services, and of what they stand on. */
export function readAllInOneConfig(read: EnvReader): AllInOneConfig {
  return {
    dataDir: read.string("DATA_DIR", "./data", "Folder of what the service keeps on disk"),
    natsUrl: read.optionalSecret("NATS_URL", "A NATS server in the place of the bus inside the process"),
    redisUrl: read.optionalSecret("REDIS_URL", "A Redis in the place of live state in memory"),
    databaseUrl: read.optionalSecret("DATABASE_URL", "A Postgres in the place of the embedded one"),
    wantsDemoUsers: read.boolean(
      "DEMO_USERS",
      true,
      "alice, bob and carol, while everything is embedded and on loopback",
    ),
    health: readHealthConfig(read),
    telemetry: readTelemetryConfig(read),
    sipCore: readSipCoreConfig(read),
    sipEdge: readSipEdgeConfig(read),
    msrpRelay: readMsrpRelayConfig(read),
    participating: readParticipatingConfig(read),
    deferredStore: readDeferredStoreConfig(read),
    provisioning: readProvisioningConfig(read, ""),
  };
}
