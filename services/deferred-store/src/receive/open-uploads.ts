import type { Clock, Timer } from "@heliograph/kernel";
import type { Events } from "../events.js";
import type { Contents } from "../ports.js";

interface Deps {
  readonly contents: Pick<Contents, "renew">;
  readonly clock: Clock;
  readonly events: Pick<Events, "troubled">;
  readonly leaseMs: number;
}

/** The uploads of this process: their reservations are renewed while they go on, and run out when it dies. */
export class OpenUploads {
  readonly #lost = new Map<string, () => void>();
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(private readonly deps: Deps) {}

  get size(): number {
    return this.#lost.size;
  }

  /** `onLost` hears when somebody has given the content up: nothing more of it can be kept. */
  add(content: string, onLost: () => void): void {
    this.#lost.set(content, onLost);
  }

  remove(content: string): void {
    this.#lost.delete(content);
  }

  start(): void {
    const { clock, leaseMs } = this.deps;
    this.#timer = clock.after(leaseMs / 3, () => void this.#renew());
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  async #renew(): Promise<void> {
    const { contents, events } = this.deps;
    const asked = [...this.#lost];
    try {
      const ours = asked.length > 0 ? await contents.renew(asked.map(([id]) => id)) : new Set<string>();
      for (const [id, onLost] of asked) if (!ours.has(id) && this.#lost.has(id)) onLost();
    } catch (error) {
      events.troubled("uploads are not renewed", error);
    }
    if (!this.#isStopped) this.start();
  }
}
