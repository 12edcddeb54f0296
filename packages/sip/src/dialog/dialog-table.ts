import type { Flow, IncomingRequest } from "../port.js";
import { dialogKeyOf } from "./dialog-state.js";
import type { DialogId } from "./dialogs.js";

/** A dialog as the layer sees it. */
export interface OpenDialog {
  readonly id: DialogId;
  /** What came last from the peer came over it. */
  readonly flow: Flow;
  receive(incoming: IncomingRequest): void;
  /** The flow has closed. */
  flowLost(): void;
  /** Ends it with BYE, as far as it has begun; settles when it is over. */
  leave(reason: string | undefined): Promise<void>;
  /** Ends it without a word to the peer. */
  drop(): void;
}

/** The dialogs of a layer by what names them, early ones included. @spec rfc3261#12 */
export class DialogTable {
  readonly #dialogs = new Map<string, OpenDialog>();
  readonly #byFlow = new Map<string, Set<OpenDialog>>();

  get size(): number {
    return this.#dialogs.size;
  }

  find(id: DialogId): OpenDialog | undefined {
    return this.#dialogs.get(dialogKeyOf(id));
  }

  add(dialog: OpenDialog): void {
    this.#dialogs.set(dialogKeyOf(dialog.id), dialog);
    this.#join(dialog, dialog.flow.id);
  }

  delete(dialog: OpenDialog): void {
    const key = dialogKeyOf(dialog.id);
    if (this.#dialogs.get(key) !== dialog) return;
    this.#dialogs.delete(key);
    this.#leave(dialog, dialog.flow.id);
  }

  /** The peer of a dialog is on another flow now. */
  moved(dialog: OpenDialog, fromFlowId: string): void {
    if (this.find(dialog.id) !== dialog) return;
    this.#leave(dialog, fromFlowId);
    this.#join(dialog, dialog.flow.id);
  }

  /** Those whose peer was heard of last over this flow. */
  onFlow(flowId: string): readonly OpenDialog[] {
    return [...(this.#byFlow.get(flowId) ?? [])];
  }

  #join(dialog: OpenDialog, flowId: string): void {
    const others = this.#byFlow.get(flowId);
    if (others) others.add(dialog);
    else this.#byFlow.set(flowId, new Set([dialog]));
  }

  #leave(dialog: OpenDialog, flowId: string): void {
    const others = this.#byFlow.get(flowId);
    others?.delete(dialog);
    if (others?.size === 0) this.#byFlow.delete(flowId);
  }

  /** Those that stand here now. */
  all(): readonly OpenDialog[] {
    return [...this.#dialogs.values()];
  }
}
