import { spawn } from "node:child_process";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { deferredStore } from "@heliograph/contracts";
import type { Ident } from "@heliograph/msrp";
import { bob, cleared, eventually, given, messageOf } from "./given.js";
import { database, postgres, usePostgres } from "./given-database.js";
import { givenPeer } from "./given-peer.js";

usePostgres({ withTables: true });
const key = "77".repeat(32);
const env = { DEFERRED_KEY: key };

beforeEach(() => cleared(database));

const count = async (table: string) =>
  (await database.query<{ n: number }>(`SELECT count(*) AS n FROM deferred.${table}`))[0]?.n ?? 0;

const sending = {
  contentType: "message/cpim",
  body: Buffer.from(
    `From: <sip:alice@example.org>\r\n\r\nContent-Type: text/plain\r\n\r\n${"x".repeat(1_000_000)}`,
  ),
  messageId: "same-message" as Ident,
  wantsSuccessReport: true,
};

describe("DF-05 a store that is killed with kill -9 while a large message comes", () => {
  it("between the commit and the last 200 has it: what its sender sends again is recognised, and given once DF-48", async () => {
    expect(await sendToDyingStore("after-commit")).toEqual({ sent: "lost", signal: "SIGKILL" });
    expect(await count("messages")).toBe(1);

    const restarted = await given({ database, env });
    const alice = await givenPeer();
    const again = await sendTo(restarted, alice);
    expect(await Promise.all([again.sent, again.reported])).toEqual([{ kind: "done" }, { kind: "done" }]);
    expect(await count("messages")).toBe(1);

    const device = await givenPeer();
    const offered = device.offer({ direction: "recvonly" });
    const input = { conversation: "c1", owner: bob, references: [], offer: offered.octets };
    const reply = await restarted.bus.request(deferredStore.openRetrieval, {}, input);
    if (reply.kind === "refused") throw new Error(reply.reason);
    device.take(offered.open(reply.answer));
    await eventually(() => restarted.left.length === 1, "the end");
    expect(device.got.map(({ head }) => head.messageId)).toEqual(["same-message"]);
    expect(device.got[0]?.content.equals(sending.body)).toBe(true);
    await restarted.stop();
    await Promise.all([alice.stop(), device.stop()]);
  });

  it.each(["before-commit", "piece"] as const)(
    "at another moment (%s) has nothing, leaves nothing, and takes the message when it comes again",
    async (moment) => {
      expect(await sendToDyingStore(moment)).toEqual({ sent: "lost", signal: "SIGKILL" });
      expect(await count("messages")).toBe(0);
      await database.query("UPDATE deferred.contents SET due_at = 0");

      const restarted = await given({ database, env });
      await eventually(async () => (await count("contents")) === 0, "the end of the dead upload");
      expect(await count("pieces")).toBe(0);
      const alice = await givenPeer();
      const again = await sendTo(restarted, alice);
      expect(await again.reported).toEqual({ kind: "done" });
      expect(await count("messages")).toBe(1);
      await restarted.stop();
      await alice.stop();
    },
  );
});

async function sendTo(
  { bus }: Awaited<ReturnType<typeof given>>,
  alice: Awaited<ReturnType<typeof givenPeer>>,
) {
  const offered = alice.offer({ direction: "sendonly" });
  const reply = await bus.request(
    deferredStore.receiveLargeMessage,
    {},
    {
      message: messageOf({ body: new Uint8Array(0) }),
      owner: bob,
      offer: offered.octets,
      messages: "one",
      maxBytes: 10_000_000,
    },
  );
  if (reply.kind === "refused") throw new Error(reply.reason);
  return offered.open(reply.answer).send(sending);
}

async function sendToDyingStore(moment: "before-commit" | "after-commit" | "piece") {
  const alice = await givenPeer();
  const offered = alice.offer({ direction: "sendonly" });
  const child = spawn(process.execPath, [join(import.meta.dirname, "crashing-upload.js")], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  const offer = Buffer.from(offered.octets).toString("base64");
  child.stdin.end(
    JSON.stringify({ url: postgres.url, key, moment, message: messageOf(), owner: bob, offer }),
  );
  const closed = new Promise<string | null>((resolve) => child.once("close", (_, signal) => resolve(signal)));
  const answer = await new Promise<string>((resolve) => {
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.endsWith("\n")) resolve(output.trim());
    });
  });
  const sent = offered.open(Buffer.from(answer, "base64")).send(sending);
  const [outcome, signal] = await Promise.all([sent.sent, closed]);
  await alice.stop();
  return { sent: outcome.kind, signal };
}
