import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { Disposition } from "@heliograph/client";
import { HeliographServer } from "@heliograph/testkit";
import { eventually } from "./eventually.js";
import { Person, type Transport } from "./person.js";

const wants: readonly Disposition[] = ["positive-delivery", "negative-delivery", "processing", "display"];

/** The flows of pager mode from outside, in one form of the service, over each of some transports. */
export function describePagerFlows(form: "embedded" | "distributed", transports: readonly Transport[]): void {
  let server: HeliographServer;
  const people: Person[] = [];
  beforeAll(async () => {
    server = await HeliographServer.start({ form, env: { DELIVERY_BUDGET_MS: "3000" } });
    for (const transport of transports) {
      for (const name of ["ann", "ben", "cy", "dan"]) await server.addUser(...user(name, transport));
    }
  }, 120_000);
  afterEach(async () => {
    await Promise.all(people.splice(0).map(({ client }) => client.close()));
  });
  afterAll(() => server.stop(), 60_000);

  const arrive = (name: string, transport: Transport): Promise<Person> => {
    const person = new Person(server, `${name}-${transport}`, { transport });
    people.push(person);
    return person.register();
  };

  describe.each(transports)(`pager mode over %s, ${form}`, (transport) => {
    it("OMA 4.1 PF-13 PF-40 PF-54 a message reaches both devices of somebody who is online: 200", async () => {
      const ann = await arrive("ann", transport);
      const devices = await Promise.all([arrive("ben", transport), arrive("ben", transport)]);
      await ann.send(`ben-${transport}`, "to both of you ✓", 200);
      await eventually("both devices have it", () => devices.every(({ texts }) => texts.length > 0));
      expect(devices.map(({ texts }) => texts)).toEqual([["to both of you ✓"], ["to both of you ✓"]]);
    }, 60_000);

    it("OMA 4.18 PF-45 PF-57 receipts come back: delivered by the device, displayed by its person", async () => {
      const ann = await arrive("ann", transport);
      const ben = await arrive("ben", transport);
      const id = await ann.send(`ben-${transport}`, "tell me", 200, { wants });
      await eventually("both receipts are there", () => ann.receiptsFor(id).length >= 2);
      expect([...ann.receiptsFor(id)].sort()).toEqual(["delivered", "displayed"]);
      expect(ben.taken).toMatchObject([{ text: "tell me", messageId: id, isRepeat: false }]);
    }, 60_000);

    it("OMA 4.5 DF-02 DF-12 DF-36 what waited comes in order, and its receipts: stored, delivered, displayed", async () => {
      const ann = await arrive("ann", transport);
      const texts = Array.from({ length: 5 }, (_, number) => `waiting ${number}`);
      const ids: string[] = [];
      for (const text of texts) ids.push(await ann.send(`cy-${transport}`, text, 202, { wants }));
      const cy = await arrive("cy", transport);
      await eventually("all are there", () => cy.texts.length >= texts.length);
      expect(cy.texts).toEqual(texts);
      await eventually("all receipts are there", () => ids.every((id) => ann.receiptsFor(id).length >= 3));
      for (const id of ids)
        expect([...ann.receiptsFor(id)].sort()).toEqual(["delivered", "displayed", "stored"]);
    }, 60_000);

    it("OMA 4.5 DF-36 DF-46 a device that drops off in the middle leaves the rest for the next, in order", async () => {
      const ann = await arrive("ann", transport);
      const texts = Array.from({ length: 10 }, (_, number) => `in a row ${number}`);
      for (const text of texts) await ann.send(`dan-${transport}`, text, 202);
      const first = new Person(server, `dan-${transport}`, { transport });
      let isGone = false;
      first.onTake = async ({ text }) => {
        if (text !== "in a row 3") return;
        isGone = true;
        await first.client.dropOff();
        await new Promise(() => undefined);
      };
      await first.register();
      await eventually("the first device is gone", () => isGone);
      const second = await arrive("dan", transport);
      await eventually("the rest is there", () => second.texts.includes("in a row 9"));
      expect(first.texts).toEqual(texts.slice(0, 3));
      expect(second.texts).toEqual(texts.slice(3));
    }, 60_000);
  });
}

const user = (name: string, transport: Transport): [string, string] => [
  `sip:${name}-${transport}@127.0.0.1`,
  `${name}-${transport}`,
];
