import { beforeEach, describe, expect, it } from "@jest/globals";
import { PostgresLeases } from "../src/adapters/postgres-leases.js";
import { bob, cleared, pause } from "./given.js";
import { database, usePostgres } from "./given-database.js";

usePostgres({ withTables: true });

beforeEach(async () => {
  await cleared(database);
  await database.query("INSERT INTO deferred.owners (owner, messages, bytes) VALUES ($1, 1, 1)", [bob]);
});

const worker = (name: string) => new PostgresLeases({ database, worker: name, leaseMs: 400 });

describe("DF-46 leases", () => {
  it("keep another worker away, and not the one that has them", async () => {
    expect(await worker("one").take(bob, false)).toBe(true);
    expect(await worker("two").take(bob, false)).toBe(false);
    expect(await worker("one").take(bob, false)).toBe(true);
  });

  it("are not taken before a back-off is over, unless the user has just registered", async () => {
    await worker("one").take(bob, false);
    await worker("one").release(bob, { dueInMs: 60_000, failures: 1 });
    expect(await worker("two").take(bob, false)).toBe(false);
    expect(await worker("two").take(bob, true)).toBe(true);
    expect(await worker("one").take(bob, true)).toBe(false);
  });

  it("are renewed for the owners that are named, and for no others: what a worker lost sight of runs out", async () => {
    const one = worker("one");
    await one.take(bob, false);
    expect(await one.renew([])).toEqual(new Set());
    await pause(200);
    expect(await one.renew([bob])).toEqual(new Set([bob]));
    await pause(250);
    expect(await worker("two").takeDue(10)).toEqual([]);
    await one.renew([]);
    await pause(250);
    expect(await worker("two").takeDue(10)).toEqual([bob]);
  });

  it("are not renewed once they have run out, and not given back by who has them no more", async () => {
    const one = worker("one");
    await one.take(bob, false);
    await pause(450);
    expect(await one.renew([bob])).toEqual(new Set());
    expect(await worker("two").take(bob, false)).toBe(true);
    await one.release(bob, { dueInMs: undefined, failures: 0 });
    expect(await worker("three").take(bob, false)).toBe(false);
  });
});
