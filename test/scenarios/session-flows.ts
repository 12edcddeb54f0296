import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { HeliographServer } from "@heliograph/testkit";
import { eventually } from "./eventually.js";
import { aorOf, type Person } from "./person.js";
import { Talker } from "./talker.js";

/** What media go over; SIP goes over the same, WebSocket secured. */
type Medium = "tcp" | "tls" | "wss";
const media: readonly Medium[] = ["tcp", "tls", "wss"];
const pairs = media.flatMap((ours) => media.map((theirs) => [ours, theirs] as const));
const wants = ["positive-delivery", "negative-delivery", "processing", "display"] as const;
const long = (mark: string): string => `${mark} `.repeat(20_000);

/** The flows of session mode from outside, in one form of the service, over every pair of transports. */
export function describeSessionFlows(form: "embedded" | "distributed"): void {
  let server: HeliographServer;
  const people: Person[] = [];
  beforeAll(async () => {
    server = await HeliographServer.start({ form });
    for (const medium of media) {
      for (const name of ["ann", "ben", "cy"]) {
        await server.addUser(aorOf(`${name}-${medium}`), `${name}-${medium}`);
      }
    }
  }, 120_000);
  afterEach(async () => {
    await Promise.all(people.splice(0).map(({ client }) => client.close()));
  }, 30_000);
  afterAll(() => server.stop(), 60_000);

  const arrive = (name: string, medium: Medium): Promise<Talker> => {
    const talker = new Talker(server, `${name}-${medium}`, { transport: medium });
    people.push(talker);
    return talker.register();
  };

  describe.each(pairs)(`sessions, ${form}, %s with %s`, (ours, theirs) => {
    it("OMA 4.6 PF-05 PF-06 PF-08 CF-01 CF-19 texts, receipts, typing, hold, and the end", async () => {
      const ann = await arrive("ann", ours);
      const ben = await arrive("ben", theirs);
      const session = await ann.call(`ben-${theirs}`, { firstMessage: "first ✓", subject: "lunch" });
      await eventually("the first message is there", () => ben.texts.includes("first ✓"));
      expect(ben.sessions[0]?.subject).toBe("lunch");
      session.setComposing("active");
      await eventually("ben sees that ann types", () => ben.composing.includes("active"));
      const sent = await session.sendText("to ben", { wants: [...wants] });
      expect(sent).toMatchObject({ kind: "sent" });
      const id = sent.kind === "sent" ? sent.messageId : "";
      await eventually("both receipts are there", () => ann.receiptsFor(id).length >= 2);
      expect([...ann.receiptsFor(id)].sort()).toEqual(["delivered", "displayed"]);
      expect(await ben.sessions[0]?.sendText("to ann ✓")).toMatchObject({ kind: "sent" });
      expect(ann.texts).toEqual(["to ann ✓"]);
      expect(await session.hold()).toEqual({ kind: "done" });
      expect(await ben.sessions[0]?.sendText("while it is held")).toMatchObject({ kind: "refused" });
      expect(await session.resume()).toEqual({ kind: "done" });
      expect(await ben.sessions[0]?.sendText("after that")).toMatchObject({ kind: "sent" });
      await ben.sessions[0]?.close();
      await eventually("it is over for ann, too", () => session.isOver);
    }, 60_000);

    it("OMA 4.6 MS-57 MS-50 a file goes beside the talk", async () => {
      const folder = mkdtempSync(join(tmpdir(), "files-"));
      const ann = await arrive("ann", ours);
      const ben = await arrive("ben", theirs);
      ben.savesFilesTo = folder;
      const session = await ann.call(`ben-${theirs}`);
      const content = Buffer.alloc(1_500_000, "a picture of something, ");
      const sending = session.sendFile({
        name: "picture.png",
        type: "image/png",
        size: content.length,
        source: {
          size: content.length,
          read: (from, most) => content.subarray(from, from + most),
        },
      });
      expect(await session.sendText("and meanwhile")).toMatchObject({ kind: "sent" });
      expect(await sending.outcome).toEqual({ kind: "sent" });
      await eventually("ben has it", () => ben.files.length > 0);
      expect(readFileSync(ben.files[0] ?? "").equals(content)).toBe(true);
      await session.close();
      rmSync(folder, { recursive: true });
    }, 60_000);

    it("OMA 4.6 PF-10 MS-51 it moves from one transport to the others while people talk, and loses nothing", async () => {
      const ann = await arrive("ann", ours);
      const ben = await arrive("ben", theirs);
      const session = await ann.call(`ben-${theirs}`);
      const texts = Array.from({ length: 30 }, (_, number) => `on the move ${number}`);
      const sending = Promise.all(texts.map((text) => session.sendText(text)));
      for (const transport of ["tls", "ws", "tcp"] as const) {
        expect(await session.switchTransport(transport)).toEqual({ kind: "done" });
        expect(await session.sendText(`by ${transport}`)).toMatchObject({ kind: "sent" });
        expect(await ben.sessions[0]?.sendText("I see")).toMatchObject({ kind: "sent" });
      }
      expect((await sending).map(({ kind }) => kind)).toEqual(texts.map(() => "sent"));
      expect([...ben.texts].sort()).toEqual([...texts, "by tls", "by ws", "by tcp"].sort());
      await session.close();
    }, 60_000);

    it("OMA 4.6 MS-57 MS-47 a file goes on where it broke off, in another session", async () => {
      const folder = mkdtempSync(join(tmpdir(), "files-"));
      const ann = await arrive("ann", ours);
      const ben = await arrive("ben", theirs);
      ben.savesFilesTo = folder;
      const content = Buffer.alloc(6_000_000, "a film of something, ");
      const file = {
        name: "film.bin",
        type: "video/mp4",
        size: content.length,
        sha1: createHash("sha1").update(content).digest(),
        source: {
          size: content.length,
          read: (from: number, most: number) => content.subarray(from, from + most),
        },
      };
      const sending = (await ann.call(`ben-${theirs}`)).sendFile(file);
      let dropped: Promise<void> | undefined;
      sending.onProgress((octets) => {
        if (octets > 1_000_000) dropped ??= ann.client.dropOff();
      });
      const lost = await sending.outcome;
      await dropped;
      const arrived = lost.kind === "lost" ? lost.confirmedOctets : 0;
      expect([arrived > 1_000_000, arrived < content.length]).toEqual([true, true]);
      const again = await arrive("ann", ours);
      const session = await again.call(`ben-${theirs}`);
      expect(await session.sendFile(file, { fromOctet: arrived + 1 }).outcome).toEqual({ kind: "sent" });
      await eventually("ben has it", () => ben.files.length > 0);
      expect(readFileSync(ben.files[0] ?? "").equals(content)).toBe(true);
      await session.close();
      rmSync(folder, { recursive: true });
    }, 60_000);

    it("OMA 4.2 DF-03 PF-42 a large message to somebody who is online: a device has it", async () => {
      const ann = await arrive("ann", ours);
      const ben = await arrive("ben", theirs);
      const id = await ann.send(`ben-${theirs}`, long("large"), 200, { wants: [...wants] });
      expect(ben.texts).toEqual([long("large")]);
      await eventually("both receipts are there", () => ann.receiptsFor(id).length >= 2);
      expect([...ann.receiptsFor(id)].sort()).toEqual(["delivered", "displayed"]);
    }, 60_000);

    it("OMA 4.2 4.5 DF-05 DF-34 a large message to somebody offline waits in its place, and is pushed", async () => {
      const ann = await arrive("ann", ours);
      const to = `cy-${theirs}`;
      await ann.send(to, "before", 202);
      await ann.sendLong(to, long("waits"));
      await ann.send(to, "after", 202);
      const cy = await arrive("cy", theirs);
      await eventually("all are there", () => cy.texts.length >= 3);
      expect(cy.texts).toEqual(["before", long("waits"), "after"]);
    }, 60_000);

    it("OMA 4.5 DF-30 DF-31 DF-32 DF-33 what waits is fetched over MSRP, in order, once", async () => {
      const ann = await arrive("ann", ours);
      const to = `cy-${theirs}`;
      await ann.send(to, "one", 202);
      await ann.sendLong(to, long("two"));
      const cy = new Talker(server, to, { transport: theirs });
      people.push(cy);
      await cy.client.open();
      expect(await cy.client.retrieve()).toEqual({ kind: "retrieved", messages: 2 });
      expect(cy.texts).toEqual(["one", long("two")]);
      const again = await cy.client.retrieve();
      expect(again.kind === "refused" ? again.status : again).toBe(480);
    }, 60_000);
  });
}
