import { describe, expect, it } from "@jest/globals";
import { type PagerMessage, sipCore } from "@heliograph/contracts";
import { createMemoryState } from "@heliograph/state";
import { alice, bob, cpimOf, eventually, given, messageOf, pause, type PushReply, textOf } from "./given.js";
import { database, usePostgres, withStore } from "./given-database.js";

usePostgres();

interface Row {
  readonly state: string;
  readonly attempts: number;
  readonly last_error: string | null;
}
const rows = () => database.query<Row>("SELECT * FROM deferred.messages ORDER BY seq");
const states = async () => (await rows()).map(({ state }) => state);
const unreachable: PushReply = { kind: "unreachable", reason: "no device answered" };

describe("DF-34 a user who registers", () => {
  it("is sent what waits", async () => {
    await withStore({}, async ({ store, register, pushed }) => {
      await store(messageOf({ text: "welcome back" }));
      await register(bob);
      await eventually(() => pushed.length === 1);
      expect(pushed.map(textOf)).toEqual(["welcome back"]);
      await eventually(async () => (await states())[0] === "pushed");
    });
  });

  it("gets nothing when nothing waits, at the price of a look at live state", async () => {
    await withStore({}, async ({ register, pushed }) => {
      await register(bob);
      await pause(50);
      expect(pushed).toEqual([]);
    });
  });

  it("is found by the rounds when the news of the registration was lost", async () => {
    await withStore({}, async ({ store, state, pushed }) => {
      await store(messageOf());
      const { registrations } = state;
      const other = await given({ database, state: createMemoryState() });
      await other.register(bob);
      const [binding] = await other.state.registrations.bindingsOf(bob);
      await other.stop();
      await registrations.change(bob, () => ({ bindings: binding ? [binding] : [], reply: undefined }));
      await eventually(() => pushed.length === 1, "the push");
    });
  });

  it("while a message is being stored for the absent gets that message too", async () => {
    await withStore({}, async ({ store, register, pushed }) => {
      await Promise.all([store(messageOf()), register(bob)]);
      await eventually(() => pushed.length === 1);
    });
  });
});

describe("DF-33 a message is over", () => {
  it("only when a device has answered 2xx: an unreachable device leaves it waiting", async () => {
    let reply: PushReply = unreachable;
    await withStore({ answer: () => reply }, async ({ store, register, pushed }) => {
      await store(messageOf());
      await register(bob);
      await eventually(() => pushed.length > 0);
      expect(await states()).toEqual(["waiting"]);
      reply = { kind: "delivered" };
      await eventually(async () => (await states())[0] === "pushed");
    });
  });
});

describe("DF-39 several devices", () => {
  it("the first one that has the message ends it: the store asks for one push, not for one a device", async () => {
    await withStore({}, async ({ store, register, pushed }) => {
      await store(messageOf());
      await register(bob);
      await eventually(async () => (await states())[0] === "pushed");
      await register(bob);
      await pause(100);
      expect(pushed).toHaveLength(1);
    });
  });
});

describe("DF-46 DF-40 pushing", () => {
  it("goes in order, one message at a time for each owner", async () => {
    let underWay = 0;
    let most = 0;
    const answer = async (): Promise<PushReply> => {
      underWay += 1;
      most = Math.max(most, underWay);
      await pause(5);
      underWay -= 1;
      return { kind: "delivered" };
    };
    await withStore({ answer }, async ({ store, register, pushed }) => {
      const texts = Array.from({ length: 45 }, (_, index) => `number ${index}`);
      for (const text of texts) await store(messageOf({ text }));
      await Promise.all([register(bob), register(bob), register(bob)]);
      await eventually(() => pushed.length === texts.length, "all pushes");
      expect(pushed.map(textOf)).toEqual(texts);
      expect(most).toBe(1);
    });
  });

  it("continues after the message that a device has, when the device drops off in the middle", async () => {
    let count = 0;
    let isAway = false;
    const answer = (): PushReply => {
      if (isAway) return unreachable;
      count += 1;
      isAway = count === 2;
      return { kind: "delivered" };
    };
    await withStore({ answer }, async ({ store, register, pushed }) => {
      for (const text of ["1", "2", "3", "4"]) await store(messageOf({ text }));
      await register(bob);
      await eventually(async () => (await rows())[2]?.attempts === 1);
      expect(await states()).toEqual(["pushed", "pushed", "waiting", "waiting"]);
      isAway = false;
      await register(bob);
      await eventually(async () => (await states())[3] === "pushed");
      expect([...new Set(pushed.map(textOf))]).toEqual(["1", "2", "3", "4"]);
    });
  });

  it("reduces Expires by the time in store where there is no Date, and keeps both where there is one", async () => {
    await withStore({}, async ({ store, register, pushed }) => {
      const date = new Date(Math.floor(Date.now() / 1_000) * 1_000).toUTCString();
      await store(messageOf({ headers: [["Expires", "600"]], receivedAtMs: Date.now() - 100_000 }));
      await store(
        messageOf({
          headers: [
            ["Date", date],
            ["Expires", "600"],
          ],
        }),
      );
      await register(bob);
      await eventually(() => pushed.length === 2);
      expect(Number(pushed[0]?.headers[0]?.[1])).toBeGreaterThanOrEqual(495);
      expect(Number(pushed[0]?.headers[0]?.[1])).toBeLessThanOrEqual(500);
      expect(pushed[1]?.headers).toEqual([
        ["Date", date],
        ["Expires", "600"],
      ]);
    });
  });

  it("marks the queue before the sender is answered, and unmarks it when it is empty: live messages line up behind", async () => {
    await withStore({}, async ({ store, register, state }) => {
      await store(messageOf());
      expect(await state.queues.marked(bob)).toBe(true);
      await register(bob);
      await eventually(async () => !(await state.queues.marked(bob)), "the mark's end");
    });
  });

  it("loses no mark when messages come while the queue runs empty", async () => {
    await withStore({}, async ({ store, register, state, pushed }) => {
      await register(bob);
      for (let index = 0; index < 60; index += 1) {
        await store(messageOf({ text: String(index) }), "queue-order");
        if (index % 7 === 0) await pause(3);
      }
      await eventually(() => pushed.length === 60, "all pushes");
      await eventually(async () => !(await state.queues.marked(bob)), "the mark's end");
      expect(pushed.map(textOf)).toEqual(Array.from({ length: 60 }, (_, index) => String(index)));
    });
  });

  it("marks again what waits when live state was lost, at the start and on the rounds", async () => {
    await withStore({}, async ({ store, state }) => {
      await store(messageOf());
      await state.queues.clear(bob);
      await eventually(() => state.queues.marked(bob), "the mark");
      const afterRestart = await given({ database, env: { DEFERRED_SWEEP: "1h" } });
      expect(await afterRestart.state.queues.marked(bob)).toBe(true);
      await afterRestart.stop();
    });
  });
});

describe("DF-35 what the owner has changed since", () => {
  it("is asked for at each push: a refusal ends the message", async () => {
    const answer = (): PushReply => ({ kind: "refused", status: 403, reason: "blocked by the recipient" });
    await withStore({ answer }, async ({ store, register }) => {
      await store(messageOf());
      await register(bob);
      await eventually(async () => (await states())[0] === "refused");
      expect((await rows())[0]?.last_error).toBe("403 blocked by the recipient");
    });
  });
});

describe("DF-36 a push that finds no device", () => {
  it("is tried again after a growing pause, by itself, as long as the user is registered", async () => {
    const times: number[] = [];
    const answer = (): PushReply => {
      times.push(Date.now());
      return times.length < 4 ? unreachable : { kind: "delivered" };
    };
    await withStore({ answer, env: { DEFERRED_SWEEP: "50" } }, async ({ store, register }) => {
      await store(messageOf());
      await register(bob);
      await eventually(async () => (await states())[0] === "pushed", "the fourth try");
      const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
      expect(pauses[2]).toBeGreaterThan(pauses[0] ?? 0);
      expect((await rows())[0]).toMatchObject({ attempts: 3, last_error: "no device answered" });
    });
  });

  it("is for notification only after its last attempt: kept, out of the others' way, tried again when the user registers", async () => {
    const answer = (message: PagerMessage): PushReply =>
      textOf(message) === "heavy" && !isLight ? unreachable : { kind: "delivered" };
    let isLight = false;
    await withStore(
      { answer, env: { DEFERRED_MAX_ATTEMPTS: "2", DEFERRED_SWEEP: "50" } },
      async ({ store, register }) => {
        await store(messageOf({ text: "heavy" }));
        await store(messageOf({ text: "light" }));
        await register(bob);
        await eventually(async () => (await states()).join() === "notify-only,pushed", "the way past");
        isLight = true;
        await pause(300);
        expect(await states()).toEqual(["notify-only", "pushed"]);
        await register(bob);
        await eventually(async () => (await states())[0] === "pushed", "the push");
      },
    );
  });

  it("is not hurried by new messages that line up behind it, but by a registration", async () => {
    const env = { DEFERRED_BACK_OFF_FIRST: "1h", DEFERRED_BACK_OFF_MAX: "1h" };
    await withStore({ answer: () => unreachable, env }, async ({ store, register, pushed }) => {
      await store(messageOf());
      await register(bob);
      await eventually(async () => (await rows())[0]?.attempts === 1);
      for (let index = 0; index < 5; index += 1) await store(messageOf(), "queue-order");
      await store(messageOf(), "unreachable");
      await pause(200);
      expect(pushed).toHaveLength(1);
      await register(bob);
      await eventually(() => pushed.length === 2, "the second push");
    });
  });

  it("of a user who is not registered counts for nothing", async () => {
    await withStore({}, async ({ store, bus, pushed }) => {
      await store(messageOf());
      await bus.publish(sipCore.userAvailable, {}, { aor: bob });
      await pause(300);
      expect(pushed).toEqual([]);
      expect((await rows())[0]?.attempts).toBe(0);
    });
  });
});

describe("DF-08 a message whose time is over", () => {
  it("is refused on arrival when nothing of its time is left (Expires: 0, or a Date long past)", async () => {
    await withStore({}, async ({ store }) => {
      expect(await store(messageOf({ headers: [["Expires", "0"]] }))).toEqual({
        kind: "refused",
        reason: "expired",
      });
    });
  });

  it("goes, with its content, and is not pushed", async () => {
    await withStore({}, async ({ store, register, pushed }) => {
      await store(messageOf({ headers: [["Expires", "1"]] }));
      await eventually(async () => (await states())[0] === "expired", "the expiry");
      await register(bob);
      await pause(100);
      expect(pushed).toEqual([]);
      const [row] = await database.query("SELECT sealed FROM deferred.messages");
      expect(row).toEqual({ sealed: null });
    });
  });

  it("causes a <failed/> when its sender asked for negative-delivery, once, and nothing otherwise", async () => {
    await withStore({}, async ({ store, notified }) => {
      await store(cpimOf("negative-delivery", { headers: [["Expires", "1"]] }));
      await store(cpimOf("positive-delivery", { headers: [["Expires", "1"]] }));
      await eventually(async () => (await states()).every((state) => state === "expired"), "the expiry");
      await eventually(() => notified.length === 1, "the notification");
      await pause(300);
      expect(notified).toHaveLength(1);
      expect(textOf(notified[0] ?? messageOf())).toContain("<failed/>");
    });
  });
});

describe("DF-44 DF-12 the IMDNs of the store", () => {
  it("says <stored/> once where `processing` was requested, and never that anything was delivered", async () => {
    await withStore({}, async ({ store, register, notified, pushed }) => {
      const message = cpimOf("processing,positive-delivery,negative-delivery,display");
      await store(message);
      await store({ ...message, id: "again" });
      await register(bob);
      await eventually(() => pushed.length === 1);
      await eventually(() => notified.length === 1);
      await pause(200);
      expect(notified).toHaveLength(1);
      expect(textOf(notified[0] ?? message)).toContain("<stored/>");
      expect(notified[0]).toMatchObject({ recipient: alice, sender: { kind: "system" } });
    });
  });

  it("says <failed/> when a device refuses the message for good", async () => {
    const answer = (): PushReply => ({ kind: "refused", status: 603, reason: "Decline" });
    await withStore({ answer }, async ({ store, register, notified }) => {
      await store(cpimOf("negative-delivery"));
      await register(bob);
      await eventually(() => notified.length === 1);
      expect(textOf(notified[0] ?? messageOf())).toContain("<failed/>");
    });
  });

  it("is owed until somebody takes it: a failure is tried again, a restart in between does not matter", async () => {
    let isAway = true;
    const answerNotification = () =>
      isAway
        ? ({ kind: "refused", status: 503, reason: "not now" } as const)
        : ({ kind: "accepted", status: 202 } as const);
    const env = { DEFERRED_KEY: "33".repeat(32) };
    await withStore({ answerNotification, env }, async ({ store, notified }) => {
      await store(cpimOf("processing"));
      await eventually(() => notified.length > 0);
    });
    isAway = false;
    const restarted = await given({ database, answerNotification, env });
    await eventually(() => restarted.notified.length === 1, "the notification");
    await eventually(async () => (await database.query("SELECT 1 FROM deferred.notices")).length === 0);
    await restarted.stop();
  });
});

describe("DF-41 an IMDN for a sender who is away", () => {
  it("is stored and pushed like any message, and causes no IMDN itself, whatever it asks for", async () => {
    await withStore({}, async ({ store, register, pushed, notified }) => {
      await store(
        cpimOf("processing,negative-delivery", {
          inner: "Content-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n\r\n<imdn/>",
        }),
      );
      await register(bob);
      await eventually(() => pushed.length === 1);
      await pause(100);
      expect(notified).toEqual([]);
    });
  });
});

describe("DF-45 the way of the IMDNs", () => {
  it("leads through the store where it is a node of its own: its URI is the top IMDN-Record-Route of what it keeps", async () => {
    await withStore(
      { env: { DEFERRED_IMDN_URI: "sip:store@example.org" } },
      async ({ store, register, pushed }) => {
        await store(
          cpimOf("negative-delivery", { extra: "imdn.IMDN-Record-Route: <sip:other@example.net>" }),
        );
        await register(bob);
        await eventually(() => pushed.length === 1);
        const routes = textOf(pushed[0] ?? messageOf()).match(/IMDN-Record-Route: <[^>]+>/g);
        expect(routes).toEqual([
          "IMDN-Record-Route: <sip:store@example.org>",
          "IMDN-Record-Route: <sip:other@example.net>",
        ]);
      },
    );
  });
});
