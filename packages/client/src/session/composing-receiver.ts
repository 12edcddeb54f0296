import { type Clock, step, type Timer } from "@heliograph/kernel";
import {
  composingReceiver,
  type ComposingReceiverAction,
  type ComposingReceiverEvent,
  type ComposingReceiverState,
} from "./composing-receiver.machine.js";

interface Deps {
  readonly clock: Clock;
  readonly show: (state: "active" | "idle") => void;
}

/** Whether a peer types, from what it said last and how long that holds. @spec rfc3994#3.3 */
export class ComposingReceiver {
  #state: ComposingReceiverState = "idle";
  #refreshMs = 0;
  #refresh: Timer | undefined;

  constructor(private readonly deps: Deps) {}

  said(state: "active" | "idle", refreshS: number): void {
    this.#refreshMs = refreshS * 1_000;
    this.#on(state);
  }

  messageCame(): void {
    this.#on("message");
  }

  #on(event: ComposingReceiverEvent): void {
    const { next, actions } = step(composingReceiver, this.#state, event);
    this.#state = next;
    for (const action of actions) this.#do(action);
  }

  #do(action: ComposingReceiverAction): void {
    switch (action) {
      case "show active":
        return this.deps.show("active");
      case "show idle":
        return this.deps.show("idle");
      case "restart refresh timer":
        this.#refresh?.cancel();
        this.#refresh = this.deps.clock.after(this.#refreshMs, () => this.#on("refresh timeout"));
        return;
      case "stop refresh timer":
        this.#refresh?.cancel();
        return;
    }
  }
}
