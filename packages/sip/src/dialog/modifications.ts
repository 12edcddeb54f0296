import { step, unreachable } from "@heliograph/kernel";
import { type Action, type Event, modification, type State } from "./modification.machine.js";

/** What becomes of a request of the peer that would change the session. */
export type Admission = "pass" | "refuse with 491" | "refuse with 500";

/** Drives the {@link modification} table: ours wait in line, theirs are passed or refused. @spec rfc3261#14 @spec rfc3311#5 @spec GEN-15 */
export class Modifications {
  #state: State;
  readonly #maxWaiting: number;
  readonly #waiting: { readonly event: "want INVITE" | "want UPDATE"; readonly send: () => void }[] = [];

  /** `state` is that of the INVITE with which the dialog begins. */
  constructor(state: "inviting" | "invited", maxWaiting: number) {
    this.#state = state;
    this.#maxWaiting = maxWaiting;
  }

  get state(): State {
    return this.#state;
  }

  /** Calls `send` now, or when it is its turn; false when too many wait. */
  want(method: "INVITE" | "UPDATE", send: () => void): boolean {
    if (this.#waiting.length >= this.#maxWaiting) return false;
    this.#on(method === "INVITE" ? "want INVITE" : "want UPDATE", send);
    return true;
  }

  /** A request of the peer: an INVITE, or an UPDATE with an offer. */
  admit(method: "INVITE" | "UPDATE"): Admission {
    const admission = this.#on(method);
    if (admission === undefined) throw new Error(`the table says nothing about ${method}`);
    return admission;
  }

  /** What `send` sent has its final answer, and a 2xx its ACK. */
  settled(): void {
    this.#on("settled");
  }

  /** What was passed has its final answer from us. */
  answered(event: "2xx" | "2xx with offer" | "refused"): void {
    this.#on(event);
  }

  acknowledged(): void {
    this.#on("ACK");
  }

  /** The session is over: whatever waits is sent now, and finds that out. */
  abandon(): void {
    for (const { send } of this.#waiting.splice(0)) send();
  }

  #on(event: Event, send?: () => void): Admission | undefined {
    const { next, actions } = step(modification, this.#state, event);
    this.#state = next;
    let admission: Admission | undefined;
    for (const action of actions) admission = this.#run(action, event, send) ?? admission;
    return admission;
  }

  #run(action: Action, event: Event, send: (() => void) | undefined): Admission | undefined {
    switch (action) {
      case "send":
        send?.();
        return undefined;
      case "wait":
        if (send && (event === "want INVITE" || event === "want UPDATE")) this.#waiting.push({ event, send });
        return undefined;
      case "send next":
        return this.#sendNext();
      case "pass to user":
        return "pass";
      case "refuse with 491":
      case "refuse with 500":
        return action;
      default:
        return unreachable(action);
    }
  }

  #sendNext(): undefined {
    const first = this.#waiting.shift();
    if (first) this.#on(first.event, first.send);
    return undefined;
  }
}
