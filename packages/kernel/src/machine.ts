/** One cell of a transition table: where to go, and what to do on the way. */
export interface Step<S extends string, A extends string> {
  readonly next: S;
  readonly actions: readonly A[];
}

/** The event cannot arrive in this state: if it does, the caller is wrong. */
export const impossible = null;

/** A table with a cell for every state and every event: nothing is left to a `default`. */
export type Machine<S extends string, E extends string, A extends string> = {
  readonly [state in S]: { readonly [event in E]: Step<S, A> | typeof impossible };
};

/** The cell for `event` in `state`. Throws where the table says `impossible`. */
export function step<S extends string, E extends string, A extends string>(
  machine: Machine<S, E, A>,
  state: S,
  event: E,
): Step<S, A> {
  const cell = machine[state][event];
  if (cell === impossible) throw new Error(`"${event}" cannot arrive in ${state}`);
  return cell;
}

/** A cell: go to `next` and perform `actions` in order. */
export function to<S extends string, A extends string>(next: S, ...actions: A[]): Step<S, A> {
  return { next, actions };
}

/** Draws the table, so that the figure in the documentation is the code. */
export function toMermaid<S extends string, E extends string, A extends string>(
  machine: Machine<S, E, A>,
): string {
  const lines = ["stateDiagram-v2"];
  for (const [state, row] of Object.entries(machine) as [S, Machine<S, E, A>[S]][]) {
    for (const [event, cell] of Object.entries(row) as [E, Step<S, A> | null][]) {
      if (!cell || (cell.next === state && cell.actions.length === 0)) continue;
      lines.push(`  ${state} --> ${cell.next}: ${[event, ...cell.actions].join(" / ")}`);
    }
  }
  return lines.join("\n");
}
