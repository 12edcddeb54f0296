/** One measured figure, as `--json` writes it. */
export interface Figure {
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  /** What the same job costs a program that we did not write, in the same run; null where there is none. */
  readonly peer: number | null;
  /** `value / peer`. */
  readonly ratio: number | null;
  /** What is to be reached, in words: `ratio <= 2`, `<= 5`. */
  readonly target: string | null;
  /** Whether it is; null where there is nothing to reach. */
  readonly met: boolean | null;
}

type Target = { readonly of: "value" | "ratio"; readonly is: "<=" | ">="; readonly bound: number };

interface Measured {
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  readonly peer?: number;
  readonly target?: Target;
}

/** Rounds a measurement and holds it against its target. */
export function toFigure({ id, value, unit, peer, target }: Measured): Figure {
  const ratio = peer === undefined ? null : value / peer;
  const judged = target?.of === "ratio" ? ratio : value;
  const met =
    !target || judged === null ? null : target.is === "<=" ? judged <= target.bound : judged >= target.bound;
  return {
    id,
    value: round(value),
    unit,
    peer: peer === undefined ? null : round(peer),
    ratio: ratio === null ? null : round(ratio),
    target: target ? `${target.of === "ratio" ? "ratio " : ""}${target.is} ${target.bound}` : null,
    met,
  };
}

/** The figures as a table that a person reads, in Markdown. */
export function formatTable(figures: readonly Figure[]): string {
  const header = ["figure", "value", "unit", "Kamailio", "ratio", "target", ""];
  const rows = figures.map(({ id, value, unit, peer, ratio, target, met }) => [
    id,
    String(value),
    unit,
    peer === null ? "" : String(peer),
    ratio === null ? "" : String(ratio),
    target ?? "",
    met === null ? "" : met ? "met" : "MISSED",
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [
    line(header),
    `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`,
    ...rows.map(line),
  ].join("\n");
}

function round(value: number): number {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return Number(value.toFixed(digits));
}
