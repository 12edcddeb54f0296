import type { Timer } from "@heliograph/kernel";
import type { Flow, IncomingRequest } from "../port.js";
import type { DialogOptions } from "./dialog-options.js";
import { DialogTable } from "./dialog-table.js";
import type { Dialogs, IncomingInvite, InviteOutcome, InviteParts, OutgoingInvite } from "./dialogs.js";
import { ReceivedInvite } from "./received-invite.js";
import { SentInvite } from "./sent-invite.js";
import { surround, type Surroundings } from "./surroundings.js";

/** Dialogs and sessions over a SIP stack, of which the user hears by handlers and promises. */
export function createDialogs(options: DialogOptions): DialogLayer {
  return new DialogLayer(options);
}

/** Dialogs over the transactions of a stack. @spec rfc3261#12 @spec rfc3261#13 @spec rfc3261#14 @spec rfc3261#15 */
export class DialogLayer implements Dialogs {
  readonly #table = new DialogTable();
  readonly #surroundings: Surroundings;
  readonly #calls = new Set<SentInvite>();

  constructor(options: DialogOptions) {
    this.#surroundings = surround(options, this.#table);
  }

  get size(): number {
    return this.#table.size;
  }

  take(incoming: IncomingRequest): boolean {
    const { callId, to, from } = incoming.request;
    const localTag = to.params.get("tag");
    if (localTag === undefined) return false;
    const dialog = this.#table.find({ callId, localTag, remoteTag: from.params.get("tag") ?? "" });
    dialog?.receive(incoming);
    return dialog !== undefined;
  }

  answer(incoming: IncomingRequest): IncomingInvite {
    return new ReceivedInvite(this.#surroundings, incoming);
  }

  invite(parts: InviteParts): OutgoingInvite {
    const { limits } = this.#surroundings;
    if (this.#table.size + this.#calls.size >= limits.maxDialogs) {
      const outcome: InviteOutcome = { kind: "unreachable", reason: "too many dialogs are open" };
      return { outcome: Promise.resolve(outcome), cancel: () => undefined };
    }
    let settle: (outcome: InviteOutcome) => void = () => undefined;
    const outcome = new Promise<InviteOutcome>((resolve) => (settle = resolve));
    const call = new SentInvite(this.#surroundings, parts, {
      settle,
      over: () => void this.#calls.delete(call),
    });
    this.#calls.add(call);
    call.start();
    return { outcome, cancel: (reason) => call.cancel(reason) };
  }

  flowClosed(flow: Flow): void {
    for (const dialog of this.#table.onFlow(flow.id)) dialog.flowLost();
  }

  async drain(withinMs: number, reason?: string): Promise<void> {
    for (const call of this.#calls) call.cancel(reason);
    const over = Promise.all(this.#table.all().map((dialog) => dialog.leave(reason)));
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => {
      timer = this.#surroundings.clock.after(withinMs, resolve);
    });
    await Promise.race([over, late]);
    timer?.cancel();
    for (const dialog of this.#table.all()) dialog.drop();
    for (const call of this.#calls) call.drop();
    this.#calls.clear();
  }
}
