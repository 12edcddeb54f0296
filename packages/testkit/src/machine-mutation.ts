import { impossible, type Step } from "@heliograph/kernel";

/** A fact about a machine, which fails by throwing. */
export interface Scenario {
  readonly title: string;
  readonly run: () => void;
}

interface Cells {
  [state: string]: { [event: string]: Step<string, string> | null };
}

/**
 * The cells of a machine that could be others without a scenario noticing. Each cell that can be reached is replaced by
 * fixed alternatives in turn, and some scenario has to fail: a cell that may hold anything is either untested or
 * impossible. `alwaysSeen` are actions whose effect shows in every state, for the alternatives that do one thing too many.
 */
export function survivorsOf(
  machine: object,
  scenarios: readonly Scenario[],
  alwaysSeen: readonly string[],
): string[] {
  const cells = machine as Cells;
  const survivors: string[] = [];
  for (const [state, row] of Object.entries(cells)) {
    for (const [event, cell] of Object.entries(row)) {
      if (cell === impossible) continue;
      for (const mutant of mutantsOf(Object.keys(cells), state, cell, alwaysSeen)) {
        row[event] = mutant;
        if (!scenarios.some(fails)) survivors.push(`${state}, ${event}: ${describeCell(mutant)}`);
      }
      row[event] = cell;
    }
  }
  return survivors;
}

function fails({ run }: Scenario): boolean {
  try {
    run();
    return false;
  } catch {
    return true;
  }
}

/** Another next state; one action less, none at all, one too many; impossible. */
function mutantsOf(
  states: readonly string[],
  state: string,
  { next, actions }: Step<string, string>,
  alwaysSeen: readonly string[],
): (Step<string, string> | null)[] {
  const foreign = alwaysSeen.filter((action) => !actions.includes(action));
  return [
    impossible,
    ...states.filter((other) => other !== next).map((other) => ({ next: other, actions })),
    ...actions.map((action) => ({ next, actions: actions.filter((kept) => kept !== action) })),
    ...(actions.length > 1 ? [{ next, actions: [] }] : []),
    ...(next !== state && actions.length > 0 ? [{ next: state, actions: [] }] : []),
    ...foreign.map((action) => ({ next, actions: [...actions, action] })),
  ];
}

function describeCell(cell: Step<string, string> | null): string {
  return cell === null ? "impossible" : [cell.next, ...cell.actions].join(" / ");
}
