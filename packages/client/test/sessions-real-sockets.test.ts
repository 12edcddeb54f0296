import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import { TimerWheel } from "@heliograph/kernel";
import { freePort } from "@heliograph/testkit";
import {
  type Arrival,
  type Client,
  type ClientOptions,
  createClient,
  type Composing,
  fileToSend,
  type Receipt,
  saveFile,
  type Session,
} from "../src/index.js";

const clock = new TimerWheel();
const clients: Client[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

/** Alice and bob, each of whom sends straight to the other. */
async function twoPeople(media: ClientOptions["media"] = {}) {
  const [alicePort, bobPort] = [await freePort(), await freePort()];
  const person = async (name: string, localPort: number, other: number) => {
    const client = createClient({
      aor: `sip:${name}@example.org`,
      server: `sip:127.0.0.1:${other}`,
      localPort,
      clock,
      media,
    });
    clients.push(client);
    await client.open();
    return client;
  };
  return { alice: await person("alice", alicePort, bobPort), bob: await person("bob", bobPort, alicePort) };
}

/** The next thing that is heard. */
function heard<T>(listen: (hear: (value: T) => void) => void): Promise<T> {
  return new Promise(listen);
}

/** A session between both, and each one's end of it. */
async function talking(
  options: Parameters<Client["openSession"]>[1] = {},
  media: ClientOptions["media"] = {},
) {
  const people = await twoPeople(media);
  const accepted = heard<Session>((hear) =>
    people.bob.onSession(
      (invitation) => void invitation.accept().then((session) => session && hear(session)),
    ),
  );
  const opened = await people.alice.openSession("sip:bob@example.org", options);
  if (opened.kind !== "established") throw new Error(JSON.stringify(opened));
  return { ...people, hers: opened.session, his: await accepted, opened };
}

describe("a session over real sockets, straight from one to the other", () => {
  it("CL-21 CL-31 CL-32 carries texts, receipts and typing in both directions, and ends on both sides", async () => {
    const { alice, bob } = await twoPeople();
    const texts: string[] = [];
    const invited = heard<Session>((hear) =>
      bob.onSession(async (invitation) => {
        const session = await invitation.accept();
        if (!session) return;
        session.onMessage(({ message }: Arrival) => void texts.push(message.text ?? ""));
        hear(session);
      }),
    );
    const opened = await alice.openSession("sip:bob@example.org", {
      firstMessage: "Are you there?",
      wants: ["positive-delivery"],
    });
    if (opened.kind !== "established") throw new Error(JSON.stringify(opened));
    const hers = opened.session;
    const delivered = heard<Receipt>((hear) => hers.onReceipt(hear));
    const his = await invited;
    expect(await delivered).toMatchObject({ status: "delivered", messageId: opened.firstMessageId });
    const typing = heard<Composing>((hear) => hers.onComposing(hear));
    his.setComposing("active");
    expect(await typing).toMatchObject({ state: "active" });
    const answered = heard<Arrival>((hear) => hers.onMessage(hear));
    expect(await his.sendText("Yes ✓", { isReported: true })).toMatchObject({ kind: "sent" });
    expect((await answered).message.text).toBe("Yes ✓");
    const sent = await Promise.all(["1", "2", "3"].map((text) => hers.sendText(text)));
    expect(sent.map(({ kind }) => kind)).toEqual(["sent", "sent", "sent"]);
    expect(texts).toEqual(["Are you there?", "1", "2", "3"]);
    const ended = heard<unknown>((hear) => his.onEnded(hear));
    await hers.close();
    expect(await ended).toMatchObject({ by: "remote", reasons: ['SIP;cause=200;text="Call completed"'] });
  }, 30_000);

  it("RFC 3264 §8.4 is held and resumed, from either side", async () => {
    const { hers, his } = await talking();
    const held = heard<boolean>((hear) => his.onHold(hear));
    expect(await hers.hold()).toEqual({ kind: "done" });
    expect(await held).toBe(true);
    expect(await his.sendText("?")).toMatchObject({ kind: "refused", status: 403 });
    const resumed = heard<boolean>((hear) => his.onHold(hear));
    await hers.resume();
    expect(await resumed).toBe(false);
    expect(await his.sendText("!")).toMatchObject({ kind: "sent" });
  }, 30_000);

  it("RFC 4975 §8.4 moves to new connections without losing a message", async () => {
    const { hers, his } = await talking();
    const texts: string[] = [];
    his.onMessage(({ message }) => void texts.push(message.text ?? ""));
    const sending = (async () => {
      for (let number = 0; number < 40; number += 1) await hers.sendText(String(number));
    })();
    expect(await hers.switchTransport("tcp")).toEqual({ kind: "done" });
    expect(await his.switchTransport("tcp")).toEqual({ kind: "done" });
    await sending;
    expect(texts).toEqual(Array.from({ length: 40 }, (_, number) => String(number)));
  }, 30_000);

  it("MS-57 RFC 5547 carries a file beside the talk, to disk, with its progress", async () => {
    const { hers, his } = await talking();
    const folder = await mkdtemp(join(tmpdir(), "session-"));
    const octets = randomBytes(3_000_000);
    await writeFile(join(folder, "a.bin"), octets);
    const saved = heard<string>((hear) =>
      his.onFile(async (offer) => {
        const taker = await saveFile(offer, join(folder, "in"));
        const outcome = await offer.accept(taker).outcome;
        hear(outcome.kind === "received" ? (taker.path ?? "") : JSON.stringify(outcome));
      }),
    );
    const file = await fileToSend(join(folder, "a.bin"));
    const sending = hers.sendFile(file);
    const progress: number[] = [];
    sending.onProgress((sofar) => progress.push(sofar));
    expect(await hers.sendText("while it goes")).toMatchObject({ kind: "sent" });
    expect(await sending.outcome).toEqual({ kind: "sent" });
    file.close();
    expect(progress.at(-1)).toBe(3_000_000);
    const received = await readFile(await saved);
    expect(createHash("sha1").update(received).digest()).toEqual(Buffer.from(file.sha1 ?? []));
    expect(await hers.sendText("and after")).toMatchObject({ kind: "sent" });
  }, 30_000);

  it("CL-11 takes a long text without asking, in a session of its own", async () => {
    const { alice, bob } = await twoPeople();
    const arrived = heard<Arrival>((hear) => bob.onMessage(hear));
    const receipt = heard<Receipt>((hear) => alice.onReceipt(hear));
    const long = "A long story. ".repeat(10_000);
    const sent = await alice.sendText("sip:bob@example.org", long, { wants: ["positive-delivery"] });
    expect(sent).toMatchObject({ kind: "accepted", status: 200 });
    const { message } = await arrived;
    expect(message.text === long).toBe(true);
    expect(message.from).toBe("sip:alice@example.org");
    expect(await receipt).toMatchObject({ status: "delivered" });
  }, 30_000);

  it("CL-36 is refused by who does not want it, or takes none", async () => {
    const { alice, bob } = await twoPeople();
    expect(await alice.openSession("sip:bob@example.org")).toMatchObject({ kind: "refused", status: 480 });
    bob.onSession((invitation) => invitation.decline());
    expect(await alice.openSession("sip:bob@example.org")).toMatchObject({ kind: "refused", status: 603 });
  }, 30_000);

  it("GEN-40 can be given up while it rings", async () => {
    const { alice, bob } = await twoPeople();
    const cancelled = heard<void>((hear) => bob.onSession((invitation) => invitation.onCancelled(hear)));
    const giveUp = new AbortController();
    const opening = alice.openSession("sip:bob@example.org", {
      signal: giveUp.signal,
      onRinging: () => giveUp.abort(),
    });
    expect(await opening).toEqual({ kind: "cancelled" });
    await cancelled;
  }, 30_000);
});
