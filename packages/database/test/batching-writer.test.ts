import { describe, expect, it } from "@jest/globals";
import { BatchingWriter, DatabaseError } from "../src/index.js";

/** A writer over a log of batches; `commit` lets the oldest write finish. */
function given(
  options: { maxRows?: number; maxWaitMs?: number; maxQueuedRows?: number; maxQueuedBytes?: number } = {},
) {
  const batches: string[][] = [];
  const commits: (() => void)[] = [];
  const writer = new BatchingWriter<string, string>({
    sizeOf: (row) => row.length,
    ...options,
    write: async (rows) => {
      batches.push([...rows]);
      if (rows.includes("gone")) throw new DatabaseError("unavailable", "the server went away");
      if (rows.includes("poison")) throw new DatabaseError("rejected", "bad row");
      await new Promise<void>((resolve) => commits.push(resolve));
      return rows.map((row) => `${row}!`);
    },
  });
  const commit = async () => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    for (const done of commits.splice(0)) done();
    await new Promise((resolve) => setTimeout(resolve, 10));
  };
  return { writer, batches, commit };
}

describe("a batching writer", () => {
  it("writes a row that comes after a silence without waiting for company", async () => {
    const { writer, batches, commit } = given({ maxWaitMs: 60_000 });
    const outcome = writer.add("a");
    await commit();
    expect(await outcome).toBe("a!");
    expect(batches).toEqual([["a"]]);
  });

  it("gives rows that come close together one commit, in the order in which they came", async () => {
    const { writer, batches, commit } = given();
    const outcomes = Promise.all([writer.add("a"), writer.add("b"), writer.add("c")]);
    await commit();
    expect(await outcomes).toEqual(["a!", "b!", "c!"]);
    expect(batches).toEqual([["a", "b", "c"]]);
  });

  it("tells a caller of its row only after the commit", async () => {
    const { writer, commit } = given();
    let isSettled = false;
    const outcome = writer.add("a").finally(() => {
      isSettled = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(isSettled).toBe(false);
    await commit();
    await outcome;
  });

  it("puts no more rows into a batch than it may", async () => {
    const { writer, batches, commit } = given({ maxRows: 2 });
    const outcomes = Promise.all(["a", "b", "c"].map((row) => writer.add(row)));
    await commit();
    await commit();
    await outcomes;
    expect(batches).toEqual([["a", "b"], ["c"]]);
  });

  it("lets a poisoned row fail alone", async () => {
    const { writer, commit } = given();
    const outcomes = Promise.allSettled([writer.add("a"), writer.add("poison"), writer.add("b")]);
    for (let i = 0; i < 3; i += 1) await commit();
    const [a, poison, b] = await outcomes;
    expect(a).toEqual({ status: "fulfilled", value: "a!" });
    expect(poison).toMatchObject({ status: "rejected", reason: { failure: "rejected" } });
    expect(b).toEqual({ status: "fulfilled", value: "b!" });
  });

  it("fails a whole batch at once when the server is gone, for nobody knows what was committed", async () => {
    const { writer, batches } = given();
    const outcomes = await Promise.allSettled([writer.add("a"), writer.add("gone")]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(batches).toEqual([["a", "gone"]]);
  });

  it("refuses rows beyond its bounds as overloaded, and takes them again afterwards", async () => {
    const { writer, commit } = given({ maxQueuedRows: 2 });
    const first = Promise.all([writer.add("a"), writer.add("b")]);
    await expect(writer.add("c")).rejects.toMatchObject({ name: "DatabaseError", failure: "overloaded" });
    await commit();
    await first;
    const again = writer.add("c");
    await commit();
    expect(await again).toBe("c!");
  });

  it("bounds the octets that wait as well, but takes one large row alone", async () => {
    const { writer, commit } = given({ maxQueuedBytes: 4 });
    const large = writer.add("larger than that");
    await expect(writer.add("b")).rejects.toMatchObject({ failure: "overloaded" });
    await commit();
    await large;
  });

  it("drains: settles when everything that was added is written", async () => {
    const { writer, commit } = given();
    const outcome = writer.add("a");
    const drained = writer.drain();
    await commit();
    await drained;
    expect(await outcome).toBe("a!");
    await writer.drain();
  });
});
