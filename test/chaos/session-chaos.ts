import { setTimeout as wait } from "node:timers/promises";
import { HeliographServer } from "@heliograph/testkit";
import { MessageBook } from "./message-book.js";
import { seededRandom } from "./seeded-random.js";
import { SessionBook } from "./session-book.js";
import type { SessionTally } from "./session-tally.js";
import { distributedStrikes, embeddedStrikes, type Strike } from "./strikes.js";
import { bringTalkers, pairsFor, type Talkers } from "./talkers.js";

type Form = "embedded" | "distributed";

/** A run over sessions. */
export interface SessionRun {
  readonly form: Form;
  readonly seconds: number;
  readonly seed: number;
  /** Sessions at once. */
  readonly atOnce: number;
  /** Hears what only somebody who looks for a fault wants to read. */
  readonly report: (text: string) => void;
  readonly isVerbose: boolean;
}

/** How long sessions have after a strike, and until there are new ones. */
const withinMs = 10_000;
const betweenStrikesMs = 2_000;
/** How long people have to make up for sessions that have ended. */
const refillMs = 8_000;
/** Longer than the ACK of a session may be waited for (64·T1), and than the relay waits for an end (30 s). */
const halvesMs = 40_000;

/**
 * Kills what carries sessions, again and again, while people talk in them.
 *
 * What is counted: a session that both sides held for open at a strike has to be over for both ten seconds later, or to
 * have carried a message of each side that was said after the strike and reported as received. The ten seconds begin
 * with the strike; where all of the service was struck down, when it is back.
 */
export async function runSessionChaos(run: SessionRun): Promise<SessionTally> {
  const { form, seed, atOnce, report } = run;
  console.log(`\n${form}: starting`);
  const sessions = new SessionBook();
  const messages = new MessageBook();
  const server = await startServer(run);
  const until = new AbortController();
  try {
    const talkers = await bringTalkers({
      server,
      sessions,
      messages,
      atOnce,
      report,
      random: seededRandom(seed + 1),
      until: until.signal,
    });
    const struck = await strikeOn(run, { server, sessions, talkers });
    until.abort();
    const waiting = await talkers.fallSilent();
    const halves = await settle(sessions);
    for (const id of halves.slice(0, 10)) console.log(`  half a session: ${sessions.describe(id, 0)}`);
    for (const text of messages.lost().slice(0, 10)) console.log(`  lost: ${text}`);
    if (waiting > 0) console.log(`  ${waiting} people wait in vain`);
    const hung = struck.hung + waiting + halves.length;
    const { established, ended } = sessions;
    await talkers.leave();
    return { sessions: established, ...messages.tally(), moved: struck.moved, ended, hung };
  } finally {
    until.abort();
    await server.stop();
    report(server.output);
  }
}

async function startServer({ form, atOnce, isVerbose }: SessionRun): Promise<HeliographServer> {
  const env = {
    RATE_LIMIT_MESSAGES: "0",
    RATE_LIMIT_SESSIONS: "0",
    LOG_LEVEL: isVerbose ? "warn" : "fatal",
  };
  const server = await HeliographServer.start({ form, env });
  await server.addDomain("127.0.0.1");
  for (let number = 0; number < pairsFor(atOnce); number += 1) {
    await Promise.all(
      ["s", "r"].map((letter) => server.addUser(`sip:${letter}${number}@127.0.0.1`, "secret")),
    );
  }
  return server;
}

interface Field {
  readonly server: HeliographServer;
  readonly sessions: SessionBook;
  readonly talkers: Talkers;
}

interface Struck {
  readonly moved: number;
  readonly hung: number;
}

async function strikeOn({ form, seconds, seed, atOnce }: SessionRun, field: Field): Promise<Struck> {
  const random = seededRandom(seed);
  const untilMs = performance.now() + seconds * 1_000;
  const strikes = form === "embedded" ? embeddedStrikes(field.server) : sessionStrikes(field.server);
  let [moved, hung] = [0, 0];
  for (let count = 0; count === 0 || performance.now() < untilMs; count += 1) {
    await refill(field.sessions, atOnce);
    await wait(betweenStrikesMs * (0.5 + random()));
    const strike = strikes[count % strikes.length];
    const struck = strike ? await strikeOnce(strike, form, field) : { moved: 0, hung: 0 };
    moved += struck.moved;
    hung += struck.hung;
  }
  return { moved, hung };
}

const relay = "msrp-relay";

function sessionStrikes(server: HeliographServer): Strike[] {
  return distributedStrikes(server, [relay, "participating", "sip-edge"]);
}

async function strikeOnce(strike: Strike, form: Form, { sessions, talkers }: Field): Promise<Struck> {
  const alive = sessions.live();
  const struckMs = performance.now();
  const victim = await strike();
  const backMs = performance.now();
  const deadlineMs = (form === "embedded" ? backMs : struckMs) + withinMs;
  const anew = await talkers.tryAnew(deadlineMs - backMs);
  await wait(Math.max(0, deadlineMs - performance.now()));
  const { kept, ended, hung, lastEndMs } = sessions.judge(alive, struckMs);
  const went = victim === relay ? "moved" : "went on";
  const told = anew === undefined ? "never" : `after ${inSeconds(backMs - struckMs + anew)}`;
  console.log(
    `  killed ${victim} under ${alive.length} sessions: ${kept.length} ${went}, ${ended.length} ended ` +
      `(the last after ${inSeconds(lastEndMs)}), ${hung.length} hung; a new one ${told}`,
  );
  for (const id of hung.slice(0, 10)) console.log(`    ${sessions.describe(id, struckMs)}`);
  return {
    moved: victim === relay ? kept.length : 0,
    hung: hung.length + (anew === undefined ? 1 : 0),
  };
}

const inSeconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

async function refill(sessions: SessionBook, atOnce: number): Promise<void> {
  const deadline = performance.now() + refillMs;
  while (sessions.live().length < atOnce && performance.now() < deadline) await wait(100);
}

/** Nothing is killed any more: what only one side has is over when its timers have run. */
async function settle(sessions: SessionBook): Promise<readonly string[]> {
  const deadline = performance.now() + halvesMs;
  while (sessions.halves().length > 0 && performance.now() < deadline) await wait(500);
  return sessions.halves();
}
