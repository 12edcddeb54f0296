import { describe, expect, it } from "@jest/globals";
import { impossible, type Machine, step } from "@heliograph/kernel";
import { type Scenario, survivorsOf } from "@heliograph/testkit";

export type { Scenario };

/** Tests a machine's scenarios, and then the scenarios by mutation of the machine. */
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
