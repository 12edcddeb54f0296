/** The two people of a session. */
export type Side = "caller" | "callee";

/** What became of sessions that a strike found alive. */
export interface Judgement {
  /** Not over on either side, and each has had a message acknowledged that it said after the strike. */
  readonly kept: readonly string[];
  /** Over on both sides. */
  readonly ended: readonly string[];
  /** Neither: over for one of both only, or silent. */
  readonly hung: readonly string[];
  /** When the last of them ended, counted from the strike; 0: none did. */
  readonly lastEndMs: number;
}

interface View {
  /** When the newest message that was acknowledged had been said. */
  provedMs: number;
  endedMs: number | undefined;
}

type Views = { [side in Side]?: View };

/** Sessions as both of their people see them; times are those of one clock, in milliseconds. */
export class SessionBook {
  readonly #sessions = new Map<string, Views>();

  begin(id: string, side: Side): void {
    const views = this.#sessions.get(id) ?? {};
    views[side] = { provedMs: Number.NEGATIVE_INFINITY, endedMs: undefined };
    this.#sessions.set(id, views);
  }

  end(id: string, side: Side, nowMs: number): void {
    const view = this.#sessions.get(id)?.[side];
    if (view) view.endedMs ??= nowMs;
  }

  /** A message that this side said then was acknowledged. */
  prove(id: string, side: Side, saidMs: number): void {
    const view = this.#sessions.get(id)?.[side];
    if (view) view.provedMs = Math.max(view.provedMs, saidMs);
  }

  /** Sessions that both sides take for open. */
  live(): string[] {
    return this.#where(({ caller, callee }) => isOpen(caller) && isOpen(callee));
  }

  /** Sessions that one side alone takes for open: it waits for an ACK, or has not heard of the end. */
  halves(): string[] {
    return this.#where(({ caller, callee }) => isOpen(caller) !== isOpen(callee));
  }

  /** Sessions that were established on both sides. */
  get established(): number {
    return this.#where(({ caller, callee }) => caller !== undefined && callee !== undefined).length;
  }

  /** Those of them that are over. */
  get ended(): number {
    return this.#where(({ caller, callee }) => isOver(caller) && isOver(callee)).length;
  }

  judge(ids: readonly string[], struckMs: number): Judgement {
    const kept: string[] = [];
    const ended: string[] = [];
    const hung: string[] = [];
    let lastEndMs = 0;
    for (const id of ids) {
      const views = [this.#sessions.get(id)?.caller, this.#sessions.get(id)?.callee];
      if (views.every(isOver)) {
        ended.push(id);
        lastEndMs = Math.max(lastEndMs, ...views.map((view) => (view?.endedMs ?? 0) - struckMs));
      } else if (views.every((view) => isOpen(view) && isProved(view, struckMs))) kept.push(id);
      else hung.push(id);
    }
    return { kept, ended, hung, lastEndMs };
  }

  /** How a session stands, for whoever looks for a fault. */
  describe(id: string, struckMs: number): string {
    const views = this.#sessions.get(id) ?? {};
    const told = (view: View | undefined): string => {
      if (!view) return "never began";
      if (view.endedMs !== undefined) return `ended after ${Math.round(view.endedMs - struckMs)} ms`;
      return isProved(view, struckMs) ? "open" : "silent";
    };
    return `${id}: caller ${told(views.caller)}, callee ${told(views.callee)}`;
  }

  #where(holds: (views: Views) => boolean): string[] {
    return [...this.#sessions].flatMap(([id, views]) => (holds(views) ? [id] : []));
  }
}

const isOver = (view: View | undefined): boolean => view?.endedMs !== undefined;
const isOpen = (view: View | undefined): boolean => view !== undefined && view.endedMs === undefined;
const isProved = (view: View | undefined, struckMs: number): boolean =>
  view !== undefined && view.provedMs >= struckMs;
