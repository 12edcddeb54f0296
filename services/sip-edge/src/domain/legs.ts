import type { Dialog, OutgoingInvite } from "@heliograph/sip";
import type { OwedAck } from "./owed-ack.js";
import type { Hop } from "./session-fields.js";

/** An INVITE of a caller that waits for its final answer. */
export interface WaitingLeg {
  readonly kind: "waiting";
  /** Tells the caller how it goes on, once for each status. @spec PF-06 */
  progress(status: number, reason: string): void;
  /** Refuses, because the service cannot or will not go on. */
  giveUp(reason: string): void;
}

/** An INVITE of ours that has no final answer yet. */
interface RingingLeg {
  readonly kind: "ringing";
  readonly invite: OutgoingInvite;
}

/** A dialog of a conversation. */
export interface EstablishedLeg {
  readonly kind: "established";
  readonly conversation: string;
  readonly dialog: Dialog;
  readonly hop: Hop;
  /** What its peer waits for, where its 2xx had the offer. */
  readonly ack: OwedAck;
}

export type Leg = WaitingLeg | RingingLeg | EstablishedLeg;

/** A leg that has no final answer yet. */
export type OpenLeg = WaitingLeg | RingingLeg;

/** The dialogs that this node keeps for conversations, by the names that their owner has for them. Bounded. @spec GEN-14 */
export class Legs {
  readonly #legs = new Map<string, Leg>();
  #isClosed = false;

  constructor(private readonly max: number) {}

  get size(): number {
    return this.#legs.size;
  }

  /** Whether no further one is taken. */
  get isFull(): boolean {
    return this.#isClosed || this.#legs.size >= this.max;
  }

  /** Takes no further ones: this node stops. */
  close(): void {
    this.#isClosed = true;
  }

  get(name: string): Leg | undefined {
    return this.#legs.get(name);
  }

  /** The leg of this name, or what it is now. */
  set(name: string, leg: Leg): void {
    this.#legs.set(name, leg);
  }

  /** Whether it was there. */
  delete(name: string): boolean {
    return this.#legs.delete(name);
  }

  all(): readonly Leg[] {
    return [...this.#legs.values()];
  }

  established(): readonly (readonly [name: string, leg: EstablishedLeg])[] {
    const found: (readonly [string, EstablishedLeg])[] = [];
    for (const [name, leg] of this.#legs) if (leg.kind === "established") found.push([name, leg]);
    return found;
  }

  /** Those that have no final answer yet. */
  open(): readonly (readonly [name: string, leg: OpenLeg])[] {
    const found: (readonly [string, OpenLeg])[] = [];
    for (const [name, leg] of this.#legs) if (leg.kind !== "established") found.push([name, leg]);
    return found;
  }
}
