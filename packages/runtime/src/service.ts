import type { HealthCheck } from "./health-server.js";

/** What `createX` of every service gives: something that can be composed, alone in a process or with all the others. */
export interface Service {
  /** Resolves once the service takes work. */
  start(): Promise<void>;
  /** Stops taking work, finishes what is in hand, lets go of what it opened itself. */
  stop(): Promise<void>;
  /** What must hold for the service to be ready. */
  readonly health: readonly HealthCheck[];
}
