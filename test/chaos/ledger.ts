/** What came of a run. */
export interface Tally {
  readonly accepted: number;
  readonly delivered: number;
  /** Answered with a 2xx, and never arrived. */
  readonly lost: number;
  /** Arrived again as if it were another message. */
  readonly duplicated: number;
  /** Arrived again, recognisable by Call-ID and Message-ID. */
  readonly redelivered: number;
}

interface Copy {
  readonly recipient: string;
  readonly callId: string;
  readonly messageId: string | undefined;
}

/** Who was promised what, and who got what: all that is known from outside. */
export class Ledger {
  readonly #accepted = new Set<string>();
  readonly #copies = new Map<string, Copy[]>();
  #underWay = 0;
  #inFlightAtStrikes = 0;

  /** A sender starts waiting for an answer. Returns what to call with it. */
  submit(id: string): (isAccepted: boolean) => void {
    this.#underWay += 1;
    return (isAccepted) => {
      this.#underWay -= 1;
      if (isAccepted) this.#accepted.add(id);
    };
  }

  /** A device has a copy of a message. */
  arrive(id: string, copy: Copy): void {
    const copies = this.#copies.get(id);
    if (copies) copies.push(copy);
    else this.#copies.set(id, [copy]);
  }

  /** Something is about to be killed: what is under way now, or is being pushed, may come twice. */
  strike(recipients: number): void {
    this.#inFlightAtStrikes += this.#underWay + recipients;
  }

  get inFlightAtStrikes(): number {
    return this.#inFlightAtStrikes;
  }

  /** Accepted messages that have not arrived yet. */
  missing(): string[] {
    return [...this.#accepted].filter((id) => !this.#copies.has(id));
  }

  tally(): Tally {
    let duplicated = 0;
    let redelivered = 0;
    for (const [first, ...others] of this.#copies.values()) {
      for (const other of others) {
        if (first && isSameMessage(first, other)) redelivered += 1;
        else duplicated += 1;
      }
    }
    const lost = this.missing().length;
    return {
      accepted: this.#accepted.size,
      delivered: this.#accepted.size - lost,
      lost,
      duplicated,
      redelivered,
    };
  }
}

const isSameMessage = (a: Copy, b: Copy): boolean =>
  a.recipient === b.recipient && a.callId === b.callId && a.messageId === b.messageId;
