import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import type { PagerMessage } from "@heliograph/contracts";
import { bob, cleared, eventually, given, messageOf, pause, type PushReply, textOf } from "./given.js";
import { database, postgres, usePostgres } from "./given-database.js";

usePostgres({ withTables: true });
const key = "44".repeat(32);
const env = { DEFERRED_KEY: key };

const ids = async () =>
  (await database.query<{ id: string }>("SELECT id FROM deferred.messages ORDER BY seq")).map(({ id }) => id);

describe("DF-04 a store that is killed with kill -9", () => {
  it("between commit and reply has the message: the repeat is recognised, and it is delivered once", async () => {
    await cleared(database);
    const message = messageOf();
    const { accepted, signal } = await runUntilKilled("after-commit", [message]);
    expect({ accepted, signal }).toEqual({ accepted: [], signal: "SIGKILL" });
    expect(await ids()).toEqual([message.id]);

    const restarted = await given({ database, env });
    expect(await restarted.store({ ...message, id: "sent again" })).toEqual({
      kind: "stored",
      isRepeat: true,
    });
    await restarted.register(bob);
    await eventually(() => restarted.pushed.length === 1);
    await pause(100);
    expect(restarted.pushed.map(({ id }) => id)).toEqual([message.id]);
    await restarted.stop();
  });

  it("between insert and commit has nothing, has told nobody otherwise, and takes the message when it comes again", async () => {
    await cleared(database);
    const message = messageOf();
    const { accepted, signal } = await runUntilKilled("before-commit", [message]);
    expect({ accepted, signal }).toEqual({ accepted: [], signal: "SIGKILL" });
    expect(await ids()).toEqual([]);

    const restarted = await given({ database, env });
    expect(await restarted.store(message)).toEqual({ kind: "stored", isRepeat: false });
    await restarted.stop();
  });

  it("at any instant under load has every message that it accepted, once, and delivers them in order", async () => {
    await cleared(database);
    const messages = Array.from({ length: 400 }, () => messageOf());
    const acceptedBefore: string[] = [];
    for (const killAfterMs of [40, 110, 170]) {
      const { accepted } = await runUntilKilled("never", messages, killAfterMs);
      acceptedBefore.push(...accepted);
    }
    const stored = await ids();
    expect(acceptedBefore.filter((id) => !stored.includes(id))).toEqual([]);
    expect(new Set(stored).size).toBe(stored.length);

    const restarted = await given({ database, env });
    await restarted.register(bob);
    await eventually(() => restarted.pushed.length === stored.length, "every push");
    expect(restarted.pushed.map(({ id }) => id)).toEqual(stored);
    await restarted.stop();
  });

  it("while a device is answering pushes that message again, as the same message", async () => {
    await cleared(database);
    let answerAtLast = (): void => undefined;
    const silence = new Promise<PushReply>((resolve) => {
      answerAtLast = () => resolve({ kind: "delivered" });
    });
    const patient = { ...env, DEFERRED_LEASE: "500ms", DEFERRED_SWEEP: "1h" };
    const first = await given({ database, env: patient, answer: () => silence });
    const message = messageOf({ text: "in flight" });
    await first.store(message);
    await first.register(bob);
    await eventually(() => first.pushed.length === 1);
    await database.query("UPDATE deferred.owners SET leased_by = 'a worker that was killed'");

    const second = await given({ database, env: { ...env, DEFERRED_LEASE: "500ms" } });
    await second.register(bob);
    await eventually(() => second.pushed.length === 1, "the second push");
    expect(second.pushed[0]).toMatchObject({ callId: message.callId, id: message.id });
    expect(second.pushed.map(textOf)).toEqual(["in flight"]);
    answerAtLast();
    await Promise.all([second.stop(), first.stop()]);
  });
});

interface Killed {
  readonly accepted: readonly string[];
  readonly signal: string | null;
}

function runUntilKilled(
  moment: "before-commit" | "after-commit" | "never",
  messages: readonly PagerMessage[],
  killAfterMs?: number,
): Promise<Killed> {
  const wire = messages.map((message) => ({
    ...message,
    body: Buffer.from(message.body).toString("base64"),
  }));
  const child = spawn(process.execPath, [join(import.meta.dirname, "crashing-store.js")], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  child.stdin.end(JSON.stringify({ url: postgres.url, key, moment, messages: wire }));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    if (output === "" && killAfterMs !== undefined) setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    output += chunk.toString();
  });
  return new Promise((resolve) => {
    child.once("close", (_, signal) => {
      const lines = output.slice(0, output.lastIndexOf("\n") + 1).split("\n");
      resolve({ accepted: lines.filter((line) => line.startsWith("m-")), signal });
    });
  });
}
