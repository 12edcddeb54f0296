import type { StoreLeg } from "@heliograph/contracts";
import type { Chance, Clock, Timer } from "@heliograph/kernel";
import type { MsrpSession } from "@heliograph/msrp-stack";
import type { LegKind } from "../domain/leg-kind.js";
import type { Events } from "../events.js";

/** What keeping legs needs. */
export interface LegsDeps {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly events: Pick<Events, "legOpened" | "legClosed">;
  /** This process among the workers: a token of a subject. */
  readonly node: string;
  readonly maxLegs: number;
  /** A leg on which nothing moves for so long is closed. */
  readonly idleMs: number;
}

/** Why a leg is over that whoever owns the conversation has ended. */
export const conversationOver = "the conversation is over";

/** Thrown when this process has as many legs as it may have. */
export class TooManyLegs extends Error {
  override readonly name = "TooManyLegs";
}

/** Our end of one conversation. */
export class Leg {
  readonly #hearers: ((reason: string) => void)[] = [];
  #session: MsrpSession | undefined;
  #closed: string | undefined;
  #movedAtMs: number;
  #timer: Timer | undefined;

  constructor(
    readonly id: StoreLeg,
    readonly kind: LegKind,
    private readonly clock: Clock,
    private readonly idleMs: number,
  ) {
    this.#movedAtMs = clock.monotonicMs();
    this.#watch();
  }

  /** Why it is over; undefined while it is not. */
  get closed(): string | undefined {
    return this.#closed;
  }

  /** The session that it speaks by: closed with the leg, and the leg with it. */
  attach(session: MsrpSession): void {
    this.#session = session;
    session.onFailed((reason) => this.close(reason));
    session.bound.catch((error: unknown) =>
      this.close(error instanceof Error ? error.message : "never bound"),
    );
    if (this.#closed !== undefined) session.close();
  }

  /** Octets have moved. */
  touch(): void {
    this.#movedAtMs = this.clock.monotonicMs();
  }

  /** Hears once that it is over, however that came. */
  onClosed(hear: (reason: string) => void): void {
    if (this.#closed !== undefined) hear(this.#closed);
    else this.#hearers.push(hear);
  }

  /** Ends our side. The other side is told by whoever owns the conversation. */
  close(reason: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#timer?.cancel();
    this.#session?.close();
    for (const hear of this.#hearers.splice(0)) hear(reason);
  }

  #watch(): void {
    const leftMs = this.#movedAtMs + this.idleMs - this.clock.monotonicMs();
    if (leftMs <= 0) this.close("nothing moved");
    else this.#timer = this.clock.after(leftMs, () => this.#watch());
  }
}

/** The legs of this process, by name. A process that starts again has none of those before. */
export class Legs {
  readonly incarnation: string;
  readonly #open = new Map<string, Leg>();

  constructor(private readonly deps: LegsDeps) {
    this.incarnation = deps.chance.token(8);
  }

  /** A new leg; throws {@link TooManyLegs}. */
  open(kind: LegKind): Leg {
    const { clock, chance, events, node, maxLegs, idleMs } = this.deps;
    if (this.#open.size >= maxLegs) throw new TooManyLegs(`${maxLegs} legs are open`);
    const name = chance.token(16);
    const leg = new Leg(
      { kind: "store", node, incarnation: this.incarnation, leg: name },
      kind,
      clock,
      idleMs,
    );
    this.#open.set(name, leg);
    events.legOpened(kind);
    leg.onClosed((reason) => {
      this.#open.delete(name);
      events.legClosed(kind, reason);
    });
    return leg;
  }

  /** The conversation of this leg is over. */
  close(name: string): void {
    this.#open.get(name)?.close(conversationOver);
  }

  /** Which of these are not here. */
  missingOf(names: readonly string[]): string[] {
    return names.filter((name) => !this.#open.has(name));
  }

  closeAll(reason: string): void {
    for (const leg of this.#open.values()) leg.close(reason);
  }
}
