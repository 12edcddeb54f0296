import { describe, expect, it } from "@jest/globals";
import { deferredStore } from "@heliograph/contracts";
import { alice, bob, connect, cpimOf, eventually, given, messageOf } from "./given.js";
import { database, postgres, usePostgres, withStore } from "./given-database.js";

usePostgres();

interface Row {
  readonly state: string;
  readonly cause: string;
  readonly sealed: Buffer | null;
  readonly attempts: number;
  readonly last_error: string | null;
}
const rows = () => database.query<Row>("SELECT * FROM deferred.messages ORDER BY seq");
const usage = async (owner: string) =>
  (
    await database.query<{ messages: number; bytes: number }>(
      `SELECT * FROM deferred.owners WHERE owner = '${owner}'`,
    )
  )[0];

describe("DF-01 DF-02 DF-03 a pager message for a user of ours who cannot have it now", () => {
  it.each(["offline", "unreachable", "preference", "queue-order"] as const)(
    "waits, whether the cause is %s",
    async (cause) => {
      await withStore({}, async ({ store }) => {
        expect(await store(messageOf(), cause)).toEqual({ kind: "stored", isRepeat: false });
        expect(await rows()).toMatchObject([{ state: "waiting", cause }]);
      });
    },
  );
});

describe("DF-04 storing", () => {
  it("answers when the message is committed, and not before", async () => {
    await withStore({}, async ({ store }) => {
      const other = connect(postgres.url);
      await store(messageOf());
      expect(await other.query("SELECT 1 FROM deferred.messages")).toHaveLength(1);
      await other.close();
    });
  });

  it("keeps what it cannot read: encrypted content and types that nobody knows", async () => {
    await withStore({}, async ({ store, register, pushed }) => {
      const odd = messageOf({
        contentType: "application/x-unheard-of",
        body: Buffer.from([0, 255, 13, 10, 0]),
      });
      const encrypted = cpimOf("processing", {
        inner: "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\n\u0001",
      });
      expect(await store(odd)).toMatchObject({ kind: "stored" });
      expect(await store(encrypted)).toMatchObject({ kind: "stored" });
      await register(bob);
      await eventually(() => pushed.length === 2);
      expect(Buffer.from(pushed[0]?.body ?? [])).toEqual(Buffer.from(odd.body));
    });
  });

  it("fails when Postgres cannot be reached, so that the sender hears no 2xx", async () => {
    const nowhere = connect("postgres://nobody:nothing@127.0.0.1:9/none");
    await expect(given({ database: nowhere })).rejects.toMatchObject({
      name: "DatabaseError",
      failure: "unavailable",
    });
    await nowhere.close();
  });
});

describe("DF-06 what is stored", () => {
  it("comes out as it went in: identities, headers in their order, privacy, content, time of arrival", async () => {
    await withStore({}, async ({ store, register, pushed }) => {
      const message = messageOf({
        privacy: ["id"],
        headers: [
          ["Subject", "Zürich ☂"],
          ["P-Charging-Vector", "icid-value=1"],
          ["X-Unknown", "a"],
          ["X-Unknown", "b"],
        ],
      });
      await store(message);
      await register(bob);
      await eventually(() => pushed.length === 1);
      expect({ ...pushed[0], body: undefined }).toEqual({ ...message, body: undefined });
      expect(Buffer.from(pushed[0]?.body ?? [])).toEqual(message.body);
    });
  });

  it("tells how much waits, for one owner and in all", async () => {
    await withStore({}, async ({ bus, store }) => {
      const first = messageOf();
      await store(first);
      await store(messageOf({ recipient: "sip:carol@example.org" }));
      const ofBob = await bus.request(deferredStore.reportStatus, {}, { owner: bob });
      expect(ofBob).toMatchObject({ waiting: 1, oldestAtMs: first.receivedAtMs });
      expect(await bus.request(deferredStore.reportStatus, {}, {})).toMatchObject({ waiting: 2 });
      expect(await bus.request(deferredStore.reportStatus, {}, { owner: alice })).toEqual({
        waiting: 0,
        bytes: 0,
      });
    });
  });
});

describe("a repeat", () => {
  it("of the same request (Call-ID, CSeq, From tag) is stored once", async () => {
    await withStore({}, async ({ store }) => {
      const message = messageOf();
      expect(await store(message)).toEqual({ kind: "stored", isRepeat: false });
      expect(await store({ ...message, id: "another-id" })).toEqual({ kind: "stored", isRepeat: true });
      expect(await rows()).toHaveLength(1);
      expect(await usage(bob)).toMatchObject({ messages: 1 });
    });
  });

  it("of the same message (sender and Message-ID) in another request is stored once", async () => {
    await withStore({}, async ({ store }) => {
      const message = cpimOf("negative-delivery");
      await store(message);
      const again = { ...message, id: "again", callId: "another-call", from: `<${alice}>;tag=other` };
      expect(await store(again)).toEqual({ kind: "stored", isRepeat: true });
      expect(
        await store({ ...again, sender: { ...message.sender, aor: "sip:eve@example.org" } }),
      ).toMatchObject({
        isRepeat: false,
      });
    });
  });

  it("that comes in the same commit is stored once", async () => {
    await withStore({}, async ({ store }) => {
      const message = messageOf();
      const answers = await Promise.all([
        store(message),
        store(message),
        store({ ...message, id: "x" }),
        store(messageOf()),
      ]);
      expect(answers.map((answer) => answer.kind === "stored" && answer.isRepeat)).toEqual([
        false,
        true,
        true,
        false,
      ]);
      expect(await usage(bob)).toMatchObject({ messages: 2 });
    });
  });

  it("is recognised after the message was delivered, by a tombstone without content", async () => {
    await withStore({}, async ({ store, register, pushed }) => {
      const message = messageOf();
      await store(message);
      await register(bob);
      await eventually(async () => (await rows())[0]?.state === "pushed", "the push");
      expect((await rows())[0]?.sealed).toBeNull();
      expect(await store({ ...message, id: "again" })).toEqual({ kind: "stored", isRepeat: true });
      expect(pushed).toHaveLength(1);
    });
  });

  it("is forgotten with its tombstone", async () => {
    await withStore({ env: { DEFERRED_REMEMBER: "1ms" } }, async ({ store }) => {
      await store(messageOf());
      await database.query("UPDATE deferred.messages SET expires_at = 0");
      await eventually(async () => (await rows())[0]?.state === "expired", "the end");
    });
    await withStore({ env: { DEFERRED_REMEMBER: "1ms" } }, async () => {
      await eventually(async () => (await rows()).length === 0, "the tombstone's end");
    });
  });
});

describe("DF-09 the quota of an owner", () => {
  it("refuses a message beyond the count, and answers for what it holds exactly under concurrency", async () => {
    await withStore({ env: { DEFERRED_MAX_MESSAGES: "25" } }, async ({ store }) => {
      const second = await given({ database, env: { DEFERRED_MAX_MESSAGES: "25" } });
      const answers = await Promise.all(
        Array.from({ length: 120 }, (_, index) => (index % 2 ? store : second.store)(messageOf())),
      );
      await second.stop();
      expect(answers.filter(({ kind }) => kind === "stored")).toHaveLength(25);
      expect(answers.find(({ kind }) => kind === "refused")).toEqual({
        kind: "refused",
        reason: "quota-messages",
      });
      expect(await usage(bob)).toMatchObject({ messages: 25 });
      expect(await rows()).toHaveLength(25);
    });
  });

  it("refuses a message beyond the octets, and takes a smaller one that fits", async () => {
    await withStore({ env: { DEFERRED_MAX_BYTES: "3k" } }, async ({ store }) => {
      expect(await store(messageOf({ text: "x".repeat(1_500) }))).toMatchObject({ kind: "stored" });
      expect(await store(messageOf({ text: "x".repeat(1_500) }))).toEqual({
        kind: "refused",
        reason: "quota-bytes",
      });
      expect(await store(messageOf({ text: "x" }))).toMatchObject({ kind: "stored" });
    });
  });

  it("recognises a repeat even when the queue is full", async () => {
    await withStore({ env: { DEFERRED_MAX_MESSAGES: "1" } }, async ({ store }) => {
      const message = messageOf();
      await store(message);
      expect(await store({ ...message, id: "again" })).toEqual({ kind: "stored", isRepeat: true });
    });
  });

  it("owes no IMDN for a message that was refused: its sender has the status", async () => {
    await withStore({ env: { DEFERRED_MAX_MESSAGES: "1" } }, async ({ store, notified }) => {
      await store(messageOf());
      expect(await store(cpimOf("processing,negative-delivery"))).toMatchObject({ kind: "refused" });
      expect(await database.query("SELECT 1 FROM deferred.notices")).toEqual([]);
      expect(notified).toEqual([]);
    });
  });

  it("drops the oldest where the operator wants that, and tells its sender who asked", async () => {
    await withStore(
      { env: { DEFERRED_MAX_MESSAGES: "2", DEFERRED_WHEN_FULL: "drop-oldest" } },
      async ({ store, notified }) => {
        await store(cpimOf("negative-delivery"));
        await store(messageOf());
        expect(await store(messageOf())).toEqual({ kind: "stored", isRepeat: false });
        expect(await usage(bob)).toMatchObject({ messages: 2 });
        await eventually(() => notified.length === 1, "the notification");
        expect(Buffer.from(notified[0]?.body ?? []).toString()).toContain("<failed/>");
        expect((await rows()).map(({ state }) => state)).toEqual(["dropped", "waiting", "waiting"]);
        expect(await usage(bob)).toMatchObject({ messages: 2 });
      },
    );
  });

  it("gives room back when a message is over", async () => {
    await withStore({ env: { DEFERRED_MAX_MESSAGES: "1" } }, async ({ store, register }) => {
      await store(messageOf());
      await register(bob);
      await eventually(async () => (await usage(bob))?.messages === 0, "the delivery");
      expect(await store(messageOf())).toMatchObject({ kind: "stored" });
    });
  });
});

describe("DF-10 an owner who does not let a sender's messages be kept", () => {
  it("has them refused, without an IMDN", async () => {
    const rules = { allowsStorage: (owner: string, sender: string) => !(owner === bob && sender === alice) };
    await withStore({ rules }, async ({ store, notified }) => {
      expect(await store(cpimOf("processing,negative-delivery"))).toEqual({
        kind: "refused",
        reason: "not-allowed",
      });
      expect(await rows()).toEqual([]);
      expect(notified).toEqual([]);
    });
  });
});

describe("DF-11 at rest", () => {
  it("nothing of what a message says, nor who says it, is readable in the table", async () => {
    await withStore({}, async ({ store }) => {
      await store(messageOf({ text: "the very secret text", headers: [["Subject", "very secret subject"]] }));
      const [row] = await database.query<{ all: string }>(
        "SELECT m::text || encode(sealed, 'escape') AS all FROM deferred.messages m",
      );
      for (const secret of ["secret text", "secret subject", "alice", "call-"])
        expect(row?.all).not.toContain(secret);
    });
  });

  it("an envelope that was changed, or moved to another row, is not delivered, and holds nobody up", async () => {
    await withStore({}, async ({ store, register, pushed }) => {
      await store(messageOf({ text: "moved" }));
      await store(messageOf({ text: "changed" }));
      await store(messageOf({ text: "good" }));
      await database.query(`UPDATE deferred.messages m SET sealed = CASE
         WHEN m.seq = (SELECT min(seq) FROM deferred.messages) THEN (SELECT sealed FROM deferred.messages WHERE seq = m.seq + 1)
         WHEN m.seq = (SELECT min(seq) + 1 FROM deferred.messages) THEN set_byte(sealed, 40, (get_byte(sealed, 40) + 1) % 256)
         ELSE sealed END`);
      await register(bob);
      await eventually(async () => (await rows()).every(({ state }) => state !== "waiting"), "the end");
      expect(pushed.map(({ body }) => Buffer.from(body).toString())).toEqual(["good"]);
      expect((await rows()).map(({ state }) => state)).toEqual(["discarded", "discarded", "pushed"]);
    });
  });

  it("a message waits for its key when the key is missing, and is delivered after a rotation that keeps it", async () => {
    const [old, fresh] = ["11".repeat(32), "22".repeat(32)];
    await withStore({ env: { DEFERRED_KEY: old } }, async ({ store }) => {
      await store(messageOf({ text: "under the old key" }));
    });
    const unaware = await given({ database, env: { DEFERRED_KEY: fresh } });
    await unaware.register(bob);
    await unaware.store(messageOf({ text: "under the new key" }), "queue-order");
    await eventually(() => unaware.pushed.length === 1);
    await unaware.stop();
    const rotated = await given({ database, env: { DEFERRED_KEY: `${fresh},${old}` } });
    await rotated.register(bob);
    await eventually(() => rotated.pushed.length === 1);
    expect(Buffer.from(rotated.pushed[0]?.body ?? []).toString()).toBe("under the old key");
    await rotated.stop();
  });
});

describe("DF-42 charging", () => {
  it("notes storing, delivery and expiry with size and time stored, in the transaction of what it tells", async () => {
    await withStore({}, async ({ store, register }) => {
      await store(messageOf());
      await register(bob);
      await eventually(async () => (await rows())[0]?.state === "pushed", "the push");
      await store(messageOf({ recipient: "sip:carol@example.org" }));
      await database.query("UPDATE deferred.messages SET expires_at = 0 WHERE state = 'waiting'");
      await eventually(async () => (await rows())[1]?.state === "expired", "the expiry");
      const facts = await database.query<{ event: string; bytes: number; stored_ms: number }>(
        "SELECT event, bytes, stored_ms FROM deferred.charging ORDER BY seq",
      );
      expect(facts.map(({ event }) => event)).toEqual(["stored", "pushed", "stored", "expired"]);
      for (const { bytes, stored_ms } of facts) expect([bytes > 100, stored_ms >= 0]).toEqual([true, true]);
    });
  });
});
