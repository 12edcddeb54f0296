import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type Bus, type BusFailure, bytes, event, request } from "@heliograph/contracts";
import { z } from "zod";

const double = request({
  subject: "im.test.v1.double",
  queue: "test",
  timeoutMs: 2_000,
  input: z.object({ number: z.number(), octets: bytes, note: z.string().optional() }),
  output: z.object({ number: z.number(), octets: bytes, by: z.string() }),
});
const hurry = request({
  subject: "im.test.{node}.v1.hurry",
  queue: "test",
  timeoutMs: 60,
  input: z.object({}),
  output: z.object({ node: z.string() }),
});
const happened = event({
  subject: "im.test.v1.happened",
  fact: z.object({ number: z.number(), octets: bytes }),
});

const octets = Uint8Array.from([0, 255, 13, 10, 128]);
const question = { number: 21, octets };

/** Two buses of one kind that can talk to each other; the local kind is one bus, twice. */
export interface Pair {
  readonly caller: Bus;
  readonly server: Bus;
  /** Whether values are checked against their contracts on the way; in process the compiler has done it. */
  readonly isChecked: boolean;
  readonly close: () => Promise<void>;
}

/** What a service may rely on, whichever bus it is given. */
export function busContract(kind: string, connect: () => Promise<Pair>): void {
  describe(`a bus ${kind}`, () => {
    let caller: Bus;
    let server: Bus;
    let isChecked: boolean;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ caller, server, isChecked, close } = await connect());
    });
    afterEach(() => close());

    const failureOf = (asked: Promise<unknown>): Promise<BusFailure | "answered"> =>
      asked.then(
        () => "answered" as const,
        (error: { failure: BusFailure }) => error.failure,
      );
    const serveDouble = (by: string, on = server) =>
      on.serve(double, {}, (input) =>
        Promise.resolve({ number: input.number * 2, octets: input.octets, by }),
      );

    it("carries a question and its answer, octets as they are", async () => {
      await serveDouble("one");
      expect(await caller.request(double, {}, question)).toEqual({ number: 42, octets, by: "one" });
    });

    it("keeps concurrent questions apart", async () => {
      await serveDouble("one");
      const numbers = Array.from({ length: 200 }, (_, number) => number);
      const answers = await Promise.all(
        numbers.map((number) => caller.request(double, {}, { number, octets })),
      );
      expect(answers.map(({ number }) => number)).toEqual(numbers.map((number) => number * 2));
    });

    it("leaves out what is optional and absent", async () => {
      let seen: object = {};
      await server.serve(double, {}, (input) => {
        seen = input;
        return Promise.resolve({ number: 0, octets, by: "one" });
      });
      await caller.request(double, {}, question);
      expect("note" in seen).toBe(false);
    });

    it("asks the node that the subject names, and no other", async () => {
      for (const node of ["a", "b"]) await server.serve(hurry, { node }, () => Promise.resolve({ node }));
      expect(await caller.request(hurry, { node: "b" }, {})).toEqual({ node: "b" });
      expect(await failureOf(caller.request(hurry, { node: "c" }, {}))).toBe("no-responder");
    });

    it("refuses a subject token that would change the subject's levels", async () => {
      await expect((async () => caller.request(hurry, { node: "a.b" }, {}))()).rejects.toThrow(TypeError);
    });

    it("says at once that nobody serves a subject", async () => {
      expect(await failureOf(caller.request(double, {}, question))).toBe("no-responder");
    });

    it("gives up at the deadline of the question", async () => {
      await server.serve(hurry, { node: "a" }, () => new Promise<never>(() => undefined));
      expect(await failureOf(caller.request(hurry, { node: "a" }, {}))).toBe("timeout");
    });

    it("tells the caller that the handler failed, and serves on", async () => {
      let attempts = 0;
      await server.serve(double, {}, (input) => {
        attempts += 1;
        return attempts === 1
          ? Promise.reject(new Error("password=secret"))
          : Promise.resolve({ ...input, by: "again" });
      });
      const failed = caller.request(double, {}, question);
      await expect(failed).rejects.toMatchObject({ name: "BusError", failure: "handler-failed" });
      await expect(failed).rejects.not.toThrow(/secret/);
      expect(await caller.request(double, {}, question)).toMatchObject({ by: "again" });
    });

    it("turns a handler that throws instead of rejecting into a failure too", async () => {
      await server.serve(double, {}, () => {
        throw new Error("thrown");
      });
      expect(await failureOf(caller.request(double, {}, question))).toBe("handler-failed");
    });

    it("refuses a question that does not fit its contract, where values are checked", async () => {
      await serveDouble("one");
      const misfit = { number: "many" } as unknown as typeof question;
      expect(await failureOf(caller.request(double, {}, misfit))).toBe(isChecked ? "malformed" : "answered");
    });

    it("shares questions among the members of a queue", async () => {
      await serveDouble("one");
      await serveDouble("two");
      const answers = await Promise.all(
        Array.from({ length: 64 }, () => caller.request(double, {}, question)),
      );
      expect(new Set(answers.map(({ by }) => by))).toEqual(new Set(["one", "two"]));
    });

    it("tells a fact to one listener of each queue", async () => {
      const heard: string[] = [];
      const listen = (on: Bus, queue: string) =>
        on.listen(happened, {}, queue, (fact) => {
          heard.push(`${queue} ${fact.number} ${fact.octets.byteLength}`);
          return Promise.resolve();
        });
      for (const [bus, queue] of [
        [server, "store"],
        [caller, "store"],
        [server, "charging"],
      ] as const)
        await listen(bus, queue);
      await caller.publish(happened, {}, { number: 7, octets });
      await until(() => heard.length >= 2);
      expect(heard.toSorted()).toEqual(["charging 7 5", "store 7 5"]);
    });

    it("publishes although nobody listens, and survives a listener that fails", async () => {
      await caller.publish(happened, {}, { number: 1, octets });
      const heard: number[] = [];
      await server.listen(happened, {}, "store", ({ number }) => {
        heard.push(number);
        return number === 2 ? Promise.reject(new Error("no")) : Promise.resolve();
      });
      for (const number of [2, 3]) await caller.publish(happened, {}, { number, octets });
      await until(() => heard.includes(3));
      // What was published before may still have been on its way when the listener came.
      expect(heard.filter((number) => number !== 1)).toEqual([2, 3]);
    });

    it("finishes what is in hand before it has drained, and answers nothing after", async () => {
      const begun = signal();
      const finished = signal();
      await server.serve(double, {}, async (input) => {
        begun.give();
        await finished.given;
        return { ...input, by: "late" };
      });
      const asked = caller.request(double, {}, question);
      await begun.given;
      const drained = server.drain();
      finished.give();
      expect(await asked).toMatchObject({ by: "late" });
      await drained;
      expect(await failureOf(caller.request(double, {}, question))).not.toBe("answered");
    });
  });
}

/** Waits, within bounds, for what arrives from elsewhere. */
export async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !holds(); turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 5));
  if (!holds()) throw new Error("waited in vain");
}

function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}
