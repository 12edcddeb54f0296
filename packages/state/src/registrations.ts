import type { Binding } from "@heliograph/contracts";

/** What the registrar decided: the bindings to keep, and the answer for its caller. */
export interface Change<T> {
  readonly bindings: readonly Binding[];
  readonly reply: T;
}

/** Where messages for a user can go now, and whether earlier ones are still waiting. @spec DF-40 */
export interface Reachability {
  readonly bindings: readonly Binding[];
  /** Deferred messages wait for the user: a new one has to queue up behind them. */
  readonly isQueued: boolean;
}

/** Where users can be reached. A binding is gone once its `expiresAtMs` has passed. @spec rfc3261#10 @spec SC-01 */
export interface Registrations {
  /** The live bindings of an address of record, in the order in which they were first registered. */
  bindingsOf(aor: string): Promise<readonly Binding[]>;
  /** The live bindings and the mark of the deferred queue, in one look. */
  reachabilityOf(aor: string): Promise<Reachability>;
  /**
   * Lets `decide` replace the bindings of an address of record, atomically. `decide` is pure: where two changes
   * meet it runs again on what the other one left. @spec GEN-21
   */
  change<T>(aor: string, decide: (current: readonly Binding[]) => Change<T>): Promise<T>;
  /** Removes what was bound to a flow that has closed; tells which of `aors` lost a binding. @spec GEN-30 */
  closeFlow(node: string, flowId: string, aors: readonly string[]): Promise<readonly string[]>;
  /** How many users have a binding. Counts those whose bindings ran out a moment ago. */
  countUsers(): Promise<number>;
}
