import type { Tally } from "./tally.js";

/** A message as it came to a device: who has it, and all that a device can know it by. */
export interface Copy {
  readonly recipient: string;
  readonly callId: string;
  readonly cseq: number;
  readonly messageId: string | undefined;
}

/** Who was promised what, and who got what: all that is known from outside. */
export class Ledger {
  readonly #recipients = new Map<string, string>();
  readonly #accepted = new Set<string>();
  readonly #copies = new Map<string, Copy[]>();
  #underWay = 0;
  #inFlightAtStrikes = 0;

  /** A sender starts waiting for an answer. Returns what to call with it. */
  submit(id: string, recipient: string): (isAccepted: boolean) => void {
    this.#recipients.set(id, recipient);
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

  /** Accepted messages that have not arrived yet where they belong. */
  missing(): string[] {
    return [...this.#accepted].filter((id) => !this.#isAtHome(id));
  }

  tally(): Tally {
    let duplicated = 0;
    let redelivered = 0;
    for (const [id, copies] of this.#copies) {
      const home = copies.filter(({ recipient }) => recipient === this.#recipients.get(id));
      const again = home.slice(1).filter((copy) => isSameMessage(copy, home[0]));
      redelivered += again.length;
      duplicated += copies.length - again.length - Math.min(1, home.length);
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

  #isAtHome(id: string): boolean {
    const recipient = this.#recipients.get(id);
    return this.#copies.get(id)?.some((copy) => copy.recipient === recipient) ?? false;
  }
}

/** By Call-ID and Message-ID; where the sender gave no Message-ID, by Call-ID and CSeq. */
function isSameMessage(copy: Copy, first: Copy | undefined): boolean {
  if (copy.callId !== first?.callId || copy.messageId !== first.messageId) return false;
  return copy.messageId !== undefined || copy.cseq === first.cseq;
}
