import type { Bus } from "@heliograph/contracts";
import type { Database } from "@heliograph/database";
import { createDeferredStore } from "@heliograph/deferred-store";
import type { Chance, Clock } from "@heliograph/kernel";
import { createMsrpRelay, type MsrpRelay } from "@heliograph/msrp-relay";
import { createParticipating } from "@heliograph/participating";
import { createProvisioning, type Provisioning } from "@heliograph/provisioning";
import type { Service } from "@heliograph/runtime";
import type { SipStack } from "@heliograph/sip";
import { createSipCore } from "@heliograph/sip-core";
import { createSipEdge } from "@heliograph/sip-edge";
import type { State } from "@heliograph/state";
import type { Telemetry } from "@heliograph/telemetry";
import type { AllInOneConfig } from "./config.js";

/** The ground that all services stand on. */
export interface Ground {
  readonly bus: Bus;
  readonly database: Database;
  readonly state: State;
  readonly stack: SipStack;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly telemetry: Telemetry;
}

/** Every service, by name, in the order in which they start: the door opens last. */
export interface Suite {
  readonly sipCore: Service;
  readonly deferredStore: Service;
  readonly msrpRelay: MsrpRelay;
  readonly participating: Service;
  readonly provisioning: Provisioning;
  readonly sipEdge: Service;
}

/** All services on one ground. */
export function compose(ground: Ground, config: AllInOneConfig): Suite {
  const { telemetry } = ground;
  const reporting = (service: string) => ({
    logger: telemetry.logger.child({ part: service }),
    metrics: telemetry.metrics,
    tracing: telemetry.tracing,
  });
  const deps = (service: string) => ({ ...ground, ...reporting(service) });
  return {
    sipCore: createSipCore({ ...deps("sip-core"), config: config.sipCore }),
    deferredStore: createDeferredStore({
      ...ground,
      telemetry: reporting("deferred-store"),
      config: config.deferredStore,
    }),
    msrpRelay: createMsrpRelay({
      ...ground,
      telemetry: reporting("msrp-relay"),
      config: config.msrpRelay,
    }),
    participating: createParticipating({ ...deps("participating"), config: config.participating }),
    provisioning: createProvisioning({ ...deps("provisioning"), config: config.provisioning }),
    sipEdge: createSipEdge({ ...ground, telemetry: reporting("sip-edge"), config: config.sipEdge }),
  };
}
