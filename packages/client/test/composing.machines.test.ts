import { describe, expect, it } from "@jest/globals";
import { FakeClock, type Scenario, survivorsOf } from "@heliograph/testkit";
import { ComposingReceiver } from "../src/session/composing-receiver.js";
import { composingReceiver } from "../src/session/composing-receiver.machine.js";
import { ComposingSender } from "../src/session/composing-sender.js";
import { composingSender } from "../src/session/composing-sender.machine.js";

function sender() {
  const clock = new FakeClock();
  const sent: string[] = [];
  const typing = new ComposingSender({ clock, send: (state) => sent.push(state) });
  return { clock, sent, typing };
}

function receiver() {
  const clock = new FakeClock();
  const shown: string[] = [];
  return { clock, shown, typing: new ComposingReceiver({ clock, show: (state) => shown.push(state) }) };
}

const telling: readonly Scenario[] = [
  {
    title: "active once, however many keys",
    run: () => {
      const { sent, typing } = sender();
      for (let keys = 0; keys < 5; keys += 1) typing.typing();
      expect(sent).toEqual(["active"]);
    },
  },
  {
    title: "idle 15 s after a single key",
    run: () => {
      const { sent, typing, clock } = sender();
      typing.typing();
      clock.advance(15_000);
      expect(sent).toEqual(["active", "idle"]);
    },
  },
  {
    title: "idle after 15 s without a key, which a key puts off",
    run: () => {
      const { sent, typing, clock } = sender();
      typing.typing();
      clock.advance(14_000);
      typing.typing();
      clock.advance(14_999);
      expect(sent).toEqual(["active"]);
      clock.advance(1);
      expect(sent).toEqual(["active", "idle"]);
      expect(clock.armed).toBe(0);
      typing.typing();
      expect(sent).toEqual(["active", "idle", "active"]);
    },
  },
  {
    title: "active again before the announced refresh has passed, while keys go on",
    run: () => {
      const { sent, typing, clock } = sender();
      for (let seconds = 0; seconds < 120; seconds += 10) {
        typing.typing();
        clock.advance(10_000);
      }
      expect(sent).toEqual(["active", "active", "active"]);
    },
  },
  {
    title: "nothing more once the message is sent, which says it all",
    run: () => {
      const { sent, typing, clock } = sender();
      typing.messageSent();
      typing.typing();
      typing.messageSent();
      expect(clock.armed).toBe(0);
      typing.messageSent();
      expect(sent).toEqual(["active"]);
      typing.typing();
      expect(sent).toEqual(["active", "active"]);
    },
  },
  {
    title: "idle at once when the user says so, and only then",
    run: () => {
      const { sent, typing, clock } = sender();
      typing.stopped();
      expect(sent).toEqual([]);
      typing.typing();
      typing.stopped();
      typing.stopped();
      expect(sent).toEqual(["active", "idle"]);
      expect(clock.armed).toBe(0);
      typing.typing();
      expect(sent).toEqual(["active", "idle", "active"]);
    },
  },
];

const showing: readonly Scenario[] = [
  {
    title: "active until its refresh has passed",
    run: () => {
      const { shown, typing, clock } = receiver();
      typing.said("active", 60);
      clock.advance(59_999);
      expect(shown).toEqual(["active"]);
      clock.advance(1);
      expect(shown).toEqual(["active", "idle"]);
      typing.said("active", 60);
      expect(shown).toEqual(["active", "idle", "active"]);
    },
  },
  {
    title: "active for longer when it is said again",
    run: () => {
      const { shown, typing, clock } = receiver();
      typing.said("active", 60);
      clock.advance(50_000);
      typing.said("active", 120);
      clock.advance(119_999);
      expect(shown).toEqual(["active"]);
      clock.advance(1);
      expect(shown).toEqual(["active", "idle"]);
    },
  },
  {
    title: "idle when that is said, or a message comes",
    run: () => {
      for (const end of [
        (one: ComposingReceiver) => one.said("idle", 120),
        (one: ComposingReceiver) => one.messageCame(),
      ]) {
        const { shown, typing, clock } = receiver();
        end(typing);
        typing.said("active", 60);
        end(typing);
        end(typing);
        expect(shown).toEqual(["active", "idle"]);
        expect(clock.armed).toBe(0);
        typing.said("active", 60);
        expect(shown).toEqual(["active", "idle", "active"]);
      }
    },
  },
];

describe.each([
  {
    title: "CL-31 RFC 3994 §3.2 what is told of typing",
    machine: composingSender,
    scenarios: telling,
    seen: ["send active", "send idle"],
  },
  {
    title: "CL-31 RFC 3994 §3.3 what is shown of typing",
    machine: composingReceiver,
    scenarios: showing,
    seen: ["show active", "show idle"],
  },
])("$title", ({ machine, scenarios, seen }) => {
  it.each(scenarios)("$title", ({ run }) => run());

  it("has no cell that could be another without a test noticing", () => {
    expect(survivorsOf(machine, scenarios, seen)).toEqual([]);
  });
});

describe("a state that nobody knows", () => {
  it("RFC 3994 §3.3 is idle, which the reader of the document has seen to", () => {
    const { shown, typing } = receiver();
    typing.said("idle", 120);
    expect(shown).toEqual([]);
  });
});
