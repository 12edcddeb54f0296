import { type Clock, step, type Timer } from "@heliograph/kernel";
import {
  composingSender,
  type ComposingSenderAction,
  type ComposingSenderEvent,
  type ComposingSenderState,
} from "./composing-sender.machine.js";

const idleMs = 15_000;

/** The refresh that `active` announces, in seconds. @spec CL-31 */
export const composingRefreshS = 60;

interface Deps {
  readonly clock: Clock;
  readonly send: (state: "active" | "idle") => void;
}

/** Tells a peer that the user types: once, again before the last word of it expires, and when it stops. @spec rfc3994#3.2 */
export class ComposingSender {
  #state: ComposingSenderState = "idle";
  #idle: Timer | undefined;
  #refresh: Timer | undefined;

  constructor(private readonly deps: Deps) {}

  /** At each key, or as often as the user's program likes. */
  typing(): void {
    this.#on("typing");
  }

  stopped(): void {
    this.#on("stopped");
  }

  messageSent(): void {
    this.#on("message sent");
  }

  #on(event: ComposingSenderEvent): void {
    const { next, actions } = step(composingSender, this.#state, event);
    this.#state = next;
    for (const action of actions) this.#do(action);
  }

  #do(action: ComposingSenderAction): void {
    const { clock, send } = this.deps;
    switch (action) {
      case "send active":
        return send("active");
      case "send idle":
        return send("idle");
      case "restart idle timer":
        this.#idle?.cancel();
        this.#idle = clock.after(idleMs, () => this.#on("idle timeout"));
        return;
      case "restart refresh timer":
        this.#refresh?.cancel();
        // Well before the last one expires at the peer.
        this.#refresh = clock.after(composingRefreshS * 1_000 - 5_000, () => this.#on("refresh timeout"));
        return;
      case "stop timers":
        this.#idle?.cancel();
        this.#refresh?.cancel();
        return;
    }
  }
}
