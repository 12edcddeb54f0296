import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { setTimeout as wait } from "node:timers/promises";
import { HeliographServer } from "@heliograph/testkit";
import { eventually } from "./eventually.js";
import { aorOf, Person } from "./person.js";
import { storeOutcome } from "./stored-by.js";
import { StubbornSender } from "./stubborn-sender.js";

const minRounds = 3;
const maxRounds = 10;
const perRound = 150;

let server: HeliographServer;
beforeAll(async () => {
  server = await HeliographServer.start({ env: { RATE_LIMIT_MESSAGES: "0", DEFERRED_MAX_MESSAGES: "5000" } });
}, 90_000);
afterAll(() => server.stop(), 60_000);

/** Sends messages, freezes and kills the service while they are on their way; returns them when all are accepted. */
async function playRound(zoe: StubbornSender, round: number): Promise<readonly string[]> {
  const texts = Array.from({ length: perRound }, (_, number) => `round ${round} message ${number}`);
  const sending = Promise.all(
    texts.map(async (text, number) => {
      await wait(number);
      const again = number % 2 === 0 ? "same branch" : "new branch";
      return zoe.send({ to: aorOf("carol"), text, again });
    }),
  );
  await wait(40 + 13 * round);
  // Frozen, it answers nobody, while Postgres finishes the commit that it was asked for.
  process.kill(server.pid, "SIGSTOP");
  await wait(150);
  await server.kill();
  await server.restart();
  expect(new Set(await sending)).toEqual(new Set([202]));
  return texts;
}

describe("DF-04 PF-54 kill -9 between the commit and the 202, under load", () => {
  it("GEN-19 the sender asks again, is answered 202, and the message is there once", async () => {
    const zoe = await StubbornSender.open(server.ports.sip);
    const accepted: string[] = [];
    let committedUnanswered = 0;
    for (let round = 0; round < maxRounds && (round < minRounds || committedUnanswered === 0); round += 1) {
      accepted.push(...(await playRound(zoe, round)));
      committedUnanswered += await storeOutcome(server, "repeat");
    }
    zoe.close();
    const carol = await new Person(server, "carol", { transport: "tcp" }).register();
    await eventually("everything is there", () => carol.taken.length >= accepted.length, 60_000);
    await wait(500);
    expect([...carol.texts].sort()).toEqual([...accepted].sort());
    expect(carol.taken.filter(({ isRepeat }) => isRepeat)).toEqual([]);
    // Some were committed before a kill, and not answered: the situation of this test was there.
    expect(committedUnanswered).toBeGreaterThan(0);
    await carol.client.close();
  }, 180_000);
});
