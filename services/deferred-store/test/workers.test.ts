import { describe, expect, it } from "@jest/globals";
import { createMemoryState } from "@heliograph/state";
import {
  bob,
  cleared,
  connect,
  eventually,
  given,
  messageOf,
  pause,
  type PushReply,
  textOf,
} from "./given.js";
import { database, postgres, usePostgres } from "./given-database.js";

usePostgres();

const env = { DEFERRED_KEY: "55".repeat(32), DEFERRED_LEASE: "600ms", DEFERRED_SWEEP: "50" };

describe("DF-46 many workers", () => {
  it("never push to one owner at the same time, and push every message once", async () => {
    const owners = Array.from({ length: 12 }, (_, index) => `sip:user${index}@example.org`);
    const busy = new Map<string, number>();
    let most = 0;
    const answer = async ({ recipient }: { recipient: string }): Promise<PushReply> => {
      busy.set(recipient, (busy.get(recipient) ?? 0) + 1);
      most = Math.max(most, busy.get(recipient) ?? 0);
      await pause(4);
      busy.set(recipient, (busy.get(recipient) ?? 0) - 1);
      return { kind: "delivered" };
    };
    await cleared(database);
    const state = createMemoryState();
    const workers = await Promise.all(
      [1, 2, 3].map((n) =>
        given({ database: n === 1 ? database : connect(postgres.url), env, state, answer }),
      ),
    );
    const [first] = workers;
    for (const recipient of owners) {
      for (let index = 0; index < 6; index += 1)
        await first?.store(messageOf({ recipient, text: `${recipient} ${index}` }));
    }
    await Promise.all(workers.flatMap((worker) => owners.map((owner) => worker.register(owner))));
    const pushed = () => workers.flatMap((worker) => worker.pushed.map(textOf));
    await eventually(() => pushed().length >= 72, "every push");
    await pause(200);
    expect(pushed().sort()).toEqual(
      owners.flatMap((owner) => [0, 1, 2, 3, 4, 5].map((index) => `${owner} ${index}`)).sort(),
    );
    expect(most).toBe(1);
    await Promise.all(workers.map((worker) => worker.stop()));
  });

  it("take over the queue of a worker that died, when its lease has run out and not before", async () => {
    await cleared(database);
    const worker = await given({ database, env });
    await worker.store(messageOf());
    await database.query(
      "UPDATE deferred.owners SET leased_by = 'dead', due_at = extract(epoch FROM clock_timestamp()) * 1000 + 700",
    );
    const startedAt = Date.now();
    await worker.register(bob);
    await eventually(() => worker.pushed.length === 1, "the push");
    expect(Date.now() - startedAt).toBeGreaterThan(600);
    await worker.stop();
  });

  it("keep a lease as long as a device takes to answer", async () => {
    await cleared(database);
    const answer = async (): Promise<PushReply> => {
      await pause(1_500);
      return { kind: "delivered" };
    };
    const state = createMemoryState();
    const slow = await given({ database, env, state, answer });
    const other = await given({ database, env, state });
    await slow.store(messageOf());
    await slow.register(bob);
    await eventually(() => slow.pushed.length + other.pushed.length === 1);
    await other.register(bob);
    await pause(1_700);
    expect(slow.pushed.length + other.pushed.length).toBe(1);
    await Promise.all([slow.stop(), other.stop()]);
  });
});

describe("Postgres that goes away for a while", () => {
  it("fails what is stored in that time, loses nothing that was accepted, and work goes on by itself", async () => {
    await cleared(database);
    const worker = await given({ database, env });
    await worker.store(messageOf({ text: "before" }));
    await postgres.kill();
    await expect(worker.store(messageOf({ text: "during" }))).rejects.toMatchObject({ name: "BusError" });
    await postgres.restart();
    await eventually(() =>
      worker.store(messageOf({ text: "after" })).then(
        () => true,
        () => false,
      ),
    );
    await worker.register(bob);
    await eventually(() => worker.pushed.length === 2, "the pushes");
    expect(worker.pushed.map(textOf)).toEqual(["before", "after"]);
    await worker.stop();
  }, 40_000);
});
