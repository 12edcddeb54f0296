import type { Flow } from "@heliograph/sip";
import type { ProvedUser } from "./proved-user.js";

interface Entry {
  readonly user: ProvedUser;
  readonly expiresAtMs: number;
}

/** So many users at most share one connection: a gateway's, say. */
const maxUsersPerFlow = 64;
const nobody: readonly ProvedUser[] = [];

/**
 * Who has registered over which flow. Over a connection a registration vouches for later requests of the same user
 * on it; a UDP source can be forged and vouches for nobody. Bounded: the flow that registered longest ago makes
 * room, at the price of one challenge.
 *
 * @spec GEN-06 @spec GEN-30 @spec R-sip-edge-1
 */
export class FlowUsers {
  readonly #entries = new Map<string, readonly Entry[]>();
  /** Stands last. A flow for many users registers again and again, and need not be moved each time. */
  #newest = "";

  constructor(private readonly maxFlows: number) {}

  get size(): number {
    return this.#entries.size;
  }

  /** A registration succeeded over the flow. */
  add(flowId: string, user: ProvedUser, expiresAtMs: number): void {
    const others = this.#others(flowId, user.aor).slice(1 - maxUsersPerFlow);
    if (flowId !== this.#newest) this.#entries.delete(flowId);
    this.#newest = flowId;
    this.#entries.set(flowId, [...others, { user, expiresAtMs }]);
    if (this.#entries.size > this.maxFlows) this.#entries.delete(this.#entries.keys().next().value ?? "");
  }

  /** The user's last binding over the flow was removed. */
  remove(flowId: string, aor: string): void {
    const others = this.#others(flowId, aor);
    if (others.length > 0) this.#entries.set(flowId, others);
    else this.#entries.delete(flowId);
  }

  /** The flow closed: whose bindings it carried. */
  close(flowId: string): readonly string[] {
    const entries = this.#entries.get(flowId) ?? [];
    this.#entries.delete(flowId);
    return entries.map(({ user }) => user.aor);
  }

  /** The account changed: it has to prove itself again. */
  forget(aor: string): void {
    for (const [flowId, entries] of this.#entries) {
      if (entries.some(({ user }) => user.aor === aor)) this.remove(flowId, aor);
    }
  }

  /** The users that a request on this flow may come from without proof. */
  vouchedOn(flow: Pick<Flow, "id" | "transport">, nowMs: number): readonly ProvedUser[] {
    if (flow.transport === "udp") return nobody;
    const entries = this.#entries.get(flow.id);
    if (!entries) return nobody;
    return entries.filter(({ expiresAtMs }) => expiresAtMs > nowMs).map(({ user }) => user);
  }

  #others(flowId: string, aor: string): readonly Entry[] {
    return (this.#entries.get(flowId) ?? []).filter(({ user }) => user.aor !== aor);
  }
}
