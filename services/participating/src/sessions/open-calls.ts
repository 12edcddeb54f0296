import type { Anchor, Invitation, SipLeg } from "@heliograph/contracts";
import { legReasons } from "../domain/leg-reasons.js";
import type { RefusalName } from "../domain/refusals.js";

type CancelName = RefusalName & ("cancelled" | "stopping");

/** Whoever waits for the answer to an INVITE. */
interface WaitingCaller {
  readonly leg: SipLeg;
  /** Tells that a device rings. */
  readonly ring: () => void;
}

/** An INVITE that this process is handling. */
export class Call {
  /** Where the media are anchored while nobody has answered. */
  anchor: Anchor | undefined;
  #cancelled: { readonly reason: string | undefined; readonly name: CancelName } | undefined;
  #hear: ((reason: string | undefined) => void) | undefined;
  /** Legs of devices that have no final answer yet, with their nodes. */
  readonly #ringing = new Map<string, string>();
  #hasRung = false;

  /** Without `caller` nobody waits: the caller has an answer already, or is the store. */
  constructor(
    readonly invitation: Invitation,
    readonly caller?: WaitingCaller,
  ) {}

  get isCancelled(): boolean {
    return this.#cancelled !== undefined;
  }

  /** What the caller is told of it. */
  get cancelName(): CancelName {
    return this.#cancelled?.name ?? "cancelled";
  }

  /** The caller has given up, with this Reason, or we have. @spec GEN-40 */
  cancel(reason: string | undefined, name: CancelName = "cancelled"): void {
    if (this.#cancelled) return;
    this.#cancelled = { reason, name };
    this.#hear?.(reason);
  }

  /** Hears of it once, at once if it has happened; undefined: nobody listens any more. */
  onCancelled(hear: ((reason: string | undefined) => void) | undefined): void {
    this.#hear = hear;
    if (this.#cancelled) hear?.(this.#cancelled.reason);
  }

  /** A device is being invited by this leg of this node. */
  rings(leg: string, node: string): void {
    this.#ringing.set(leg, node);
  }

  /** The leg of a device has its final answer. */
  rangOut(leg: string): void {
    this.#ringing.delete(leg);
  }

  /** The legs that wait for a final answer because of this call, with their nodes: that of the caller, and of devices. */
  get openLegs(): readonly (readonly [leg: string, node: string])[] {
    const { caller } = this;
    return caller ? [[caller.leg.leg, caller.leg.node], ...this.#ringing] : [...this.#ringing];
  }

  /** A device says how it goes on: the caller hears of the first that rings, once. @spec PF-06 */
  progressed(leg: string, status: number): void {
    if (status !== 180 || this.#hasRung || !this.#ringing.has(leg) || this.isCancelled) return;
    this.#hasRung = true;
    this.caller?.ring();
  }
}

/** What this process is handling, by the ids of the invitations: who is told of a CANCEL or of ringing looks here. */
export class OpenCalls {
  readonly #calls = new Map<string, Call>();

  /** Handles an INVITE as a call that can be cancelled. */
  async run<T>(call: Call, handle: () => Promise<T>): Promise<T> {
    const { id } = call.invitation;
    this.#calls.set(id, call);
    try {
      return await handle();
    } finally {
      this.#calls.delete(id);
    }
  }

  /** This process ends: nobody would be there to hear of an answer. */
  stop(): void {
    for (const call of this.#calls.values()) call.cancel(legReasons.unavailable, "stopping");
  }

  all(): readonly Call[] {
    return [...this.#calls.values()];
  }

  of(id: string): Call | undefined {
    return this.#calls.get(id);
  }
}
