import { describe, expect, it } from "@jest/globals";
import { impossible, type Machine, step, to, toMermaid } from "@heliograph/kernel";

const door: Machine<"open" | "shut", "push" | "pull", "creak" | "slam"> = {
  open: { push: to("shut", "creak", "slam"), pull: to("open") },
  shut: { push: impossible, pull: to("open") },
};

describe("A state machine is a table", () => {
  it("gives the cell of a state and an event, with its actions in order", () => {
    expect(step(door, "open", "push")).toEqual({ next: "shut", actions: ["creak", "slam"] });
  });

  it("throws where the table says impossible, and names the cell", () => {
    expect(() => step(door, "shut", "push")).toThrow('"push" cannot arrive in shut');
  });

  it("draws every cell that does something, and no other", () => {
    expect(toMermaid(door).split("\n")).toEqual([
      "stateDiagram-v2",
      "  open --> shut: push / creak / slam",
      "  shut --> open: pull",
    ]);
  });
});
