import { describe, expect, it } from "@jest/globals";
import { impossible, type Machine, type Step, step } from "@heliograph/kernel";

/** A fact about a machine, which fails by throwing. */
export interface Scenario {
  readonly title: string;
  readonly run: () => void;
}

interface Cells {
  [state: string]: { [event: string]: Step<string, string> | null };
}

/**
 * Tests a machine's scenarios, and then the scenarios: each cell that can be reached is replaced by fixed alternatives
 * in turn, and some scenario has to fail. A cell that may hold anything is either untested or impossible.
 * `alwaysSeen` are actions whose effect shows in every state, for the alternatives that do one thing too many.
 */
export function describeMachine<S extends string, E extends string, A extends string>(
  title: string,
  machine: Machine<S, E, A>,
  { scenarios, alwaysSeen }: { readonly scenarios: readonly Scenario[]; readonly alwaysSeen: readonly A[] },
): void {
  describe(title, () => {
    for (const scenario of scenarios) it(scenario.title, scenario.run);

    it("has no cell that could be another without a test noticing", () => {
      expect(survivorsOf(machine, scenarios, alwaysSeen)).toEqual([]);
    });

    it("throws wherever the table says impossible", () => {
      for (const [state, row] of Object.entries(machine) as [S, Machine<S, E, A>[S]][]) {
        for (const event of (Object.keys(row) as E[]).filter((event) => row[event] === impossible)) {
          expect(() => step(machine, state, event)).toThrow(`"${event}" cannot arrive in ${state}`);
        }
      }
    });
  });
}

function survivorsOf(
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
