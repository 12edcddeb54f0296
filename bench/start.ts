import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HeliographServer } from "@heliograph/testkit";
import { type Figure, toFigure } from "./figure.js";

const rounds = 3;

/** How long the embedded form takes from its start until it is ready, over a database that is there already. */
export async function benchStart(): Promise<Figure> {
  const dataDir = mkdtempSync(join(tmpdir(), "bench-start-"));
  const server = await HeliographServer.start({ dataDir });
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await server.shutDown();
    const startedAtMs = performance.now();
    await server.restart();
    seconds.push((performance.now() - startedAtMs) / 1000);
  }
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
  const median = seconds.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.POSITIVE_INFINITY;
  return toFigure({
    id: "start",
    value: median,
    unit: "s until ready",
    target: { of: "value", is: "<=", bound: 3 },
  });
}
