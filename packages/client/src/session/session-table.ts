import type { Session } from "./session.js";

/** The sessions that are open. */
export class SessionTable {
  readonly #open = new Set<Session>();

  get size(): number {
    return this.#open.size;
  }

  add(session: Session): void {
    this.#open.add(session);
    session.onEnded(() => this.#open.delete(session));
  }

  /** Ends them all. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#open].map((session) => session.close()));
  }
}
