/**
 * Kills the service again and again while people send each other messages, and counts: nothing that was answered with
 * a 2xx may be missing, nothing may come twice as two messages. With --sessions people talk in sessions instead: nothing
 * that was reported as received may be missing, and each session goes on or ends on both sides within ten seconds.
 *
 * Use: npm run chaos -- [--seconds 60] [--seed N] [--form embedded|distributed|both] [--verbose]
 *      npm run chaos -- --sessions [--at-once 100] …
 * With --verbose: what the service logs, and what people are told when they are refused.
 * The last line: accepted N delivered N lost N duplicated N redelivered N; of sessions: sessions N messages N
 * acknowledged N received N lost N duplicated N moved N ended N hung N. Exits with 1 when the promise is broken.
 */
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { HeliographServer } from "@heliograph/testkit";
import { Ledger } from "./ledger.js";
import { bringPeople } from "./people.js";
import { seededRandom } from "./seeded-random.js";
import { runSessionChaos } from "./session-chaos.js";
import { areSessionsKept, formatSessions, type SessionTally, sumOfSessions } from "./session-tally.js";
import { distributedStrikes, embeddedStrikes } from "./strikes.js";
import { format, isKept, sum, type Tally } from "./tally.js";

type Form = "embedded" | "distributed";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    form: { type: "string", default: "both" },
    sessions: { type: "boolean", default: false },
    "at-once": { type: "string", default: "100" },
    verbose: { type: "boolean", default: false },
  },
});

const pairs = 12;
const mostSessions = 200;
const betweenStrikesMs = { embedded: 4_000, distributed: 3_000 };
const settleMs = 60_000;
/** Of the time of a run over sessions: of three processes of the distributed form each is to be struck. */
const shareOfSessions = { embedded: 0.25, distributed: 0.75 };

const forms: readonly Form[] =
  values.form === "both"
    ? ["embedded", "distributed"]
    : [values.form === "distributed" ? "distributed" : "embedded"];
const seconds = Math.min(3_600, Math.max(5, Number(values.seconds)));
const seed = Number(values.seed);
console.log(`${seconds} s of kill -9, seed ${seed} (--seed ${seed} strikes at the same moments again)`);

const { isHeld, line } = values.sessions ? await ofSessions() : await ofMessages();
console.log(isHeld ? "the promise held" : "THE PROMISE IS BROKEN");
console.log(line);
process.exit(isHeld ? 0 : 1);

interface Verdict {
  readonly isHeld: boolean;
  /** The last line. */
  readonly line: string;
}

async function ofMessages(): Promise<Verdict> {
  const tallies: Tally[] = [];
  let isHeld = true;
  for (const form of forms) {
    const { tally, inFlight } = await run(form, seconds / forms.length);
    console.log(`  ${form}: ${format(tally)}; ${inFlight} were in flight at the kills`);
    isHeld &&= isKept(tally, inFlight);
    tallies.push(tally);
  }
  return { isHeld, line: format(sum(tallies)) };
}

async function ofSessions(): Promise<Verdict> {
  const atOnce = Math.min(mostSessions, Math.max(1, Number(values["at-once"])));
  const tallies: SessionTally[] = [];
  for (const form of forms) {
    const share = forms.length === 1 ? 1 : shareOfSessions[form];
    const isVerbose = values.verbose;
    const tally = await runSessionChaos({ form, seconds: seconds * share, seed, atOnce, report, isVerbose });
    console.log(`  ${form}: ${formatSessions(tally)}`);
    tallies.push(tally);
  }
  return { isHeld: tallies.every(areSessionsKept), line: formatSessions(sumOfSessions(tallies)) };
}

async function run(form: Form, runSeconds: number): Promise<{ tally: Tally; inFlight: number }> {
  console.log(`\n${form}: starting`);
  const random = seededRandom(seed);
  const ledger = new Ledger();
  const server = await startServer(form);
  const until = new AbortController();
  try {
    const people = await bringPeople({ server, ledger, random, pairs, until: until.signal, report });
    await strikeOn(form, server, { ledger, random, untilMs: performance.now() + runSeconds * 1_000 });
    until.abort();
    await people.gather();
    await settle(ledger, () => people.reregister());
    await people.leave();
    for (const id of ledger.missing().slice(0, 10)) console.log(`  lost: ${id}`);
    return { tally: ledger.tally(), inFlight: ledger.inFlightAtStrikes };
  } finally {
    await server.stop();
    report(server.output);
  }
}

/** Says what only somebody who looks for a fault wants to read. */
function report(text: string): void {
  if (values.verbose) console.log(`${(performance.now() / 1_000).toFixed(2)} ${text}`);
}

async function startServer(form: Form): Promise<HeliographServer> {
  const env = {
    RATE_LIMIT_MESSAGES: "0",
    DEFERRED_MAX_MESSAGES: "100000",
    DELIVERY_BUDGET_MS: "3000",
    DEFERRED_LEASE: "5000",
    LOG_LEVEL: values.verbose ? "warn" : "fatal",
  };
  const server = await HeliographServer.start({ form, env });
  await server.addDomain("127.0.0.1");
  for (let number = 0; number < pairs; number += 1) {
    await Promise.all(
      ["s", "r"].map((letter) => server.addUser(`sip:${letter}${number}@127.0.0.1`, "secret")),
    );
  }
  return server;
}

interface Fight {
  readonly ledger: Ledger;
  readonly random: () => number;
  readonly untilMs: number;
}

async function strikeOn(
  form: Form,
  server: HeliographServer,
  { ledger, random, untilMs }: Fight,
): Promise<void> {
  const strikes = form === "embedded" ? embeddedStrikes(server) : distributedStrikes(server);
  for (let count = 0; performance.now() < untilMs; count += 1) {
    await wait(betweenStrikesMs[form] * (0.5 + random()));
    if (performance.now() >= untilMs) return;
    ledger.strike(pairs);
    const victim = await strikes[count % strikes.length]?.();
    const { accepted, delivered } = ledger.tally();
    console.log(
      `  killed ${victim}; accepted ${accepted} so far, ${accepted - delivered} of them still wait`,
    );
  }
}

/** Everybody is online and nothing is killed any more: what was promised has a minute to arrive. */
async function settle(ledger: Ledger, reregister: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + settleMs;
  while (ledger.missing().length > 0 && performance.now() < deadline) {
    await reregister();
    await wait(1_000);
  }
  // What may still be sent a second time is counted, too.
  await wait(2_000);
}
