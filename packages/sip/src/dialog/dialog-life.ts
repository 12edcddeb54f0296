import { step, unreachable } from "@heliograph/kernel";
import type { IncomingRequest } from "../port.js";
import { type Action, dialogLife, type Event, type State } from "./dialog.machine.js";
import type { DialogEnd } from "./dialogs.js";

/** What comes with an event in the life of a dialog. */
export interface LifeDetail {
  /** Why it is over, for the user. */
  readonly end?: DialogEnd;
  /** The BYE to answer. */
  readonly bye?: IncomingRequest;
  /** The Reason of our BYE. @spec GEN-17 */
  readonly reason?: string | undefined;
}

/** What the life of a dialog needs done. */
export interface LifeUser {
  sendBye(reason: string | undefined): void;
  answerBye(bye: IncomingRequest): void;
  inform(end: DialogEnd): void;
  /** Nothing in the dialog is of interest any more. */
  forget(): void;
}

/** Drives the {@link dialogLife} table. @spec rfc3261#12.3 @spec rfc3261#15 */
export class DialogLife {
  readonly #user: LifeUser;
  #state: State = "early";
  #reason: string | undefined;

  constructor(user: LifeUser) {
    this.#user = user;
  }

  get state(): State {
    return this.#state;
  }

  /** Whether the user may send requests in it. */
  get isEstablished(): boolean {
    return this.#state === "accepted" || this.#state === "confirmed";
  }

  /** Whether BYE went either way, or will. */
  get isOver(): boolean {
    return this.#state !== "early" && !this.isEstablished;
  }

  on(event: Event, detail: LifeDetail = {}): void {
    const { next, actions } = step(dialogLife, this.#state, event);
    this.#state = next;
    this.#reason ??= detail.reason;
    for (const action of actions) this.#run(action, detail);
  }

  #run(action: Action, { end, bye }: LifeDetail): void {
    switch (action) {
      case "send BYE":
        return this.#user.sendBye(this.#reason);
      case "answer BYE":
        return bye && this.#user.answerBye(bye);
      case "inform user":
        return this.#user.inform(end ?? { by: "local" });
      case "forget":
        return this.#user.forget();
      default:
        return unreachable(action);
    }
  }
}
