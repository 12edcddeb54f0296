import {
  type Bus,
  BusError,
  deferredStore,
  type HeaderField,
  type Invitation,
  participating,
  type SessionBody,
  type SessionLeg,
  type SipLeg,
  sipEdge,
} from "@heliograph/contracts";
import { type Clock, unreachable } from "@heliograph/kernel";
import type { LegPlan } from "../domain/leg-plan.js";
import type { Events } from "../events.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  readonly clock: Pick<Clock, "after">;
  readonly events: Pick<Events, "broken">;
}

/** What a leg is invited to. */
export interface LegOffer {
  readonly leg: string;
  readonly invitation: Invitation;
  readonly body: SessionBody | undefined;
  readonly ringMs: number;
}

/** A request inside a dialog. */
export interface InDialog {
  readonly method: string;
  readonly headers: readonly HeaderField[];
  readonly body: SessionBody | undefined;
  /** A little less than a transaction, if it is not said. */
  readonly timeoutMs?: number;
}

/** What became of it. */
export type InDialogAnswer =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly reason: string;
      readonly headers: HeaderField[];
      readonly body?: SessionBody | undefined;
    }
  | { readonly kind: "silent" }
  | { readonly kind: "unreachable"; readonly reason: string }
  | { readonly kind: "no-such-leg" };

/** A little less than a non-INVITE transaction of the other side lasts. @spec GEN-37 */
const inDialogMs = 30_000;

/** The edge answers when the ringing is over; this much later we no longer wait for the edge. */
const graceMs = 2_000;

/**
 * The dialogs of a conversation, which edge nodes keep, and the ends that the store keeps. What fails because a node is
 * away is an outcome and never thrown: a leg of a node that is gone is gone.
 *
 * Goes on to `sip-edge/src/handlers/` and `deferred-store/src/handlers/`.
 */
export class Legs {
  constructor(private readonly deps: Deps) {}

  /** Invites, and waits for the final answer. @spec PF-06 */
  async invite(plan: LegPlan, { leg, invitation, body, ringMs }: LegOffer): Promise<sipEdge.LegAnswer> {
    const { node, requestUri, route, flowId, trusted, towards } = plan;
    const asking = this.deps.bus.request(
      sipEdge.inviteLeg,
      { node },
      {
        leg,
        conversation: invitation.id,
        invitation,
        ...(body && { body }),
        requestUri,
        route: [...route],
        ...(flowId !== undefined && { flowId }),
        trusted,
        towards,
        ringMs,
      },
    );
    try {
      return await this.#within(ringMs + graceMs, asking);
    } catch (error) {
      if (error instanceof BusError && error.failure === "timeout") return { kind: "silent" };
      return { kind: "unreachable", reason: `edge node: ${failureOf(error)}` };
    }
  }

  /** Sends a request inside the dialog of a leg. @spec PF-10 */
  async send({ leg, node }: SipLeg, request: InDialog): Promise<InDialogAnswer> {
    const { method, headers, body, timeoutMs = inDialogMs } = request;
    const input = { leg, method, headers: [...headers], ...(body && { body }), timeoutMs };
    try {
      return await this.deps.bus.request(sipEdge.sendInDialog, { node }, input);
    } catch (error) {
      if (error instanceof BusError && error.failure === "timeout") return { kind: "silent" };
      return { kind: "unreachable", reason: `edge node: ${failureOf(error)}` };
    }
  }

  /** The ACK with the answer, where the 2xx had the offer. @spec GEN-44 */
  async acknowledge({ leg, node }: SipLeg, body: SessionBody): Promise<void> {
    await this.#tell(() => this.deps.bus.request(sipEdge.acknowledgeLeg, { node }, { leg, body }));
  }

  /** Gives up an INVITE that has no final answer yet. @spec GEN-40 */
  async cancel(node: string, leg: string, reason: string | undefined): Promise<void> {
    const input = { leg, ...(reason !== undefined && { reason }) };
    await this.#tell(() => this.deps.bus.request(sipEdge.cancelLeg, { node }, input));
  }

  /** Tells a caller that somebody rings; the store needs no telling. @spec PF-06 */
  async ring(leg: SessionLeg): Promise<void> {
    if (leg.kind !== "sip") return;
    const input = { leg: leg.leg, status: 180, reason: "Ringing" };
    await this.#tell(() => this.deps.bus.request(sipEdge.progressLeg, { node: leg.node }, input));
  }

  /** Ends a dialog with BYE, or the store's end, or the ringing. @spec PF-07 @spec PF-11 @spec GEN-17 */
  async end(leg: SessionLeg, reason: string | undefined): Promise<void> {
    await this.#tell(() => this.#end(leg, reason));
  }

  #end({ kind, node, leg }: SessionLeg, reason: string | undefined): Promise<unknown> {
    const { bus } = this.deps;
    const input = { leg, ...(reason !== undefined && { reason }) };
    switch (kind) {
      case "sip":
        return bus.request(sipEdge.endLeg, { node }, input);
      case "store":
        return bus.request(deferredStore.closeLeg, { node }, { leg });
      case "ringing":
        return bus.request(participating.stopRinging, { node }, input);
      default:
        return unreachable(kind);
    }
  }

  /** Who is gone needs not be told; everything else that fails is written down. */
  async #tell(tell: () => Promise<unknown>): Promise<void> {
    try {
      await tell();
    } catch (error) {
      if (failureOf(error) !== "no-responder") this.deps.events.broken("a leg was not told", error);
    }
  }

  #within(ms: number, answer: Promise<sipEdge.LegAnswer>): Promise<sipEdge.LegAnswer> {
    return new Promise((resolve, reject) => {
      const timer = this.deps.clock.after(ms, () => resolve({ kind: "silent" }));
      answer.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}

function failureOf(error: unknown): string {
  return error instanceof BusError ? error.failure : "failed";
}
