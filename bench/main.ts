/**
 * Measures what a message costs, beside Kamailio where it is installed, and prints a table.
 *
 * Use: npm run bench -- [--json FILE] [--only NAME[,NAME…]] [--results]
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { type Figure, formatTable, toFigure } from "./figure.js";
import { benchIdleSessions, benchMsrpRelay } from "./msrp-relay.js";
import { benchParts } from "./parts.js";
import { benchPagerOffline, benchPagerOfflineDistributed } from "./pager-offline.js";
import { benchPagerOnline, benchPagerOnlineDistributed } from "./pager-online.js";
import { benchRegisteredUsers } from "./registered-users.js";
import { benchSessionSetup } from "./session-setup.js";
import { startServer } from "./server-at-work.js";
import { benchSipCodec } from "./sip-codec.js";
import { benchStart } from "./start.js";

const { values } = parseArgs({
  options: {
    json: { type: "string" },
    only: { type: "string" },
    results: { type: "boolean", default: false },
  },
});

/** What is measured, in order; each takes well under a minute and a half. */
const benches: Readonly<Record<string, () => Promise<Figure | readonly Figure[]>>> = {
  "sip-codec": async () => {
    const { microsecondsPerMessage: value } = await benchSipCodec();
    const target = { of: "value", is: "<=", bound: 5 } as const;
    return toFigure({ id: "sip-codec", value, unit: "µs CPU, parse and format 1 kB", target });
  },
  start: benchStart,
  "pager-online": benchPagerOnline,
  "pager-offline": benchPagerOffline,
  distributed: benchDistributed,
  "registered-users": benchRegisteredUsers,
  "session-setup": benchSessionSetup,
  "msrp-relay": benchMsrpRelay,
  "msrp-idle-sessions": benchIdleSessions,
};

const wanted = values.only?.split(",") ?? Object.keys(benches);
const chosen = Object.entries({ ...benches, ...benchParts }).filter(([name]) => wanted.includes(name));
const figures: Figure[] = [];
for (const [index, [name, bench]] of chosen.entries()) {
  process.stderr.write(`${index + 1} of ${chosen.length}: measuring ${name} …`);
  const sinceMs = performance.now();
  figures.push(...[await bench()].flat());
  process.stderr.write(` ${Math.round((performance.now() - sinceMs) / 1_000)} s\n`);
}

const table = formatTable(figures);
console.log(`\n${table}\n`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
if (values.results) writeFileSync("bench/RESULTS.md", results(table));
process.exit();

async function benchDistributed(): Promise<Figure[]> {
  const server = await startServer("distributed");
  try {
    return [await benchPagerOnlineDistributed(server), await benchPagerOfflineDistributed(server)];
  } finally {
    await server.stop();
  }
}

function results(text: string): string {
  return `# Results

Written by \`npm run bench -- --results\`; how each figure is measured: [README.md](README.md).
Both sides of a comparison, and the generator, ran in one go on one machine: ${cpus().length} cores, ${cpus()[0]?.model.trim() ?? "unknown"}, Node ${process.version}.

${text}
`;
}
