/** What became of what people said in sessions. */
export interface MessageTally {
  readonly messages: number;
  /** Reported to the sender: a success report came. */
  readonly acknowledged: number;
  /** Shown to whom they were meant for. */
  readonly received: number;
  /** Acknowledged, and never shown to whom they were meant for. */
  readonly lost: number;
  /** Shown again as if they were another message, or to somebody else. */
  readonly duplicated: number;
}

/** Who said what to whom in sessions, what was acknowledged, and who was shown what. */
export class MessageBook {
  readonly #recipients = new Map<string, string>();
  readonly #acknowledged = new Set<string>();
  readonly #shown = new Map<string, string[]>();

  say(text: string, recipient: string): void {
    this.#recipients.set(text, recipient);
  }

  acknowledge(text: string): void {
    this.#acknowledged.add(text);
  }

  /** A client that sees a Message-ID again shows nothing: each call is a message of its own for somebody. */
  show(text: string, recipient: string): void {
    const shown = this.#shown.get(text);
    if (shown) shown.push(recipient);
    else this.#shown.set(text, [recipient]);
  }

  lost(): string[] {
    return [...this.#acknowledged].filter((text) => !this.#isAtHome(text));
  }

  tally(): MessageTally {
    let received = 0;
    let duplicated = 0;
    for (const [text, recipients] of this.#shown) {
      const isAtHome = this.#isAtHome(text);
      received += isAtHome ? 1 : 0;
      duplicated += recipients.length - (isAtHome ? 1 : 0);
    }
    return {
      messages: this.#recipients.size,
      acknowledged: this.#acknowledged.size,
      received,
      lost: this.lost().length,
      duplicated,
    };
  }

  #isAtHome(text: string): boolean {
    const recipient = this.#recipients.get(text);
    return this.#shown.get(text)?.some((one) => one === recipient) ?? false;
  }
}
