/**
 * Plays the main job over real sockets and tells what happens: a message between two people who are online, one to
 * somebody who is offline, kill -9 of the service, its return, delivery, receipts, a session with a file, a large
 * message. Exits with 1 when anything is off.
 *
 * Use: npm run demo
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import {
  type Arrival,
  type Client,
  createClient,
  fileToSend,
  type Receipt,
  saveFile,
  type Session,
} from "@heliograph/client";
import { HeliographServer } from "@heliograph/testkit";
import pc from "picocolors";

const alice = "sip:alice@127.0.0.1";
const bob = "sip:bob@127.0.0.1";
const wants = ["positive-delivery", "negative-delivery", "processing", "display"] as const;

let step = 0;
const say = (text: string): void => console.log(`\n${pc.bold(`${(step += 1)}. ${text}`)}`);
const saw = (text: string): void => console.log(`   ${pc.green("✓")} ${text}`);

/** What a device has on its screen: messages that it was given, receipts that it got. */
class Screen {
  readonly messages: string[] = [];
  readonly receipts: Receipt[] = [];
  constructor(readonly client: Client) {
    client.onMessage(({ message, isRepeat }: Arrival) => {
      if (!isRepeat) this.messages.push(message.text ?? "");
      void client.markDisplayed(message);
    });
    client.onReceipt((receipt) => this.receipts.push(receipt));
  }

  hasReceipt(messageId: string, status: string): boolean {
    return this.receipts.some((receipt) => receipt.messageId === messageId && receipt.status === status);
  }
}

console.log(pc.bold("Heliograph: a message is never lost"));
say("The service starts, with a Postgres of its own, in an empty folder");
const server = await HeliographServer.start();
saw(`it listens on ${server.uri("udp")} and ${server.uri("tcp")}, process ${server.pid}`);

try {
  await play();
  console.log(`\n${pc.bold(pc.green("Everything arrived, once."))}`);
} catch (error) {
  console.error(`\n   ${pc.red("✗")} ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await server.stop();
}
process.exit();

async function play(): Promise<void> {
  say("alice registers over UDP, bob over TCP");
  const atAlice = await register(alice, "udp");
  let atBob = await register(bob, "tcp");
  saw("the service challenged both, and both knew their passwords");

  say('alice writes "Are you there?" while bob is online');
  const online = await send(atAlice, "Are you there?", 200);
  await until("bob reads it", () => atBob.messages.includes("Are you there?"));
  await until("alice hears that it was delivered", () => atAlice.hasReceipt(online, "delivered"));
  await until("alice hears that bob has seen it", () => atAlice.hasReceipt(online, "displayed"));

  say("bob goes offline, and alice writes to him");
  await atBob.client.close();
  const offline = await send(atAlice, "Read this when you are back.", 202);
  saw("202 Accepted: it is committed to Postgres");
  await until("alice hears that the service keeps it", () => atAlice.hasReceipt(offline, "stored"));

  say("kill -9: the service is gone, without a word");
  const before = server.pid;
  await server.kill();
  saw(`process ${before} is dead`);
  const startedAtMs = performance.now();
  await server.restart();
  saw(`it is back after ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s, process ${server.pid}`);

  say("bob comes back, and so does alice");
  await mustRegister(atAlice.client, alice);
  atBob = await register(bob, "udp");
  await until("bob reads what waited for him", () => atBob.messages.includes("Read this when you are back."));
  await until("alice hears that it was delivered", () => atAlice.hasReceipt(offline, "delivered"));
  await wait(500);
  const copies = atBob.messages.length;
  if (copies !== 1) throw new Error(`bob has ${copies} messages on his screen, and one was sent`);
  saw("bob has one copy, not two");

  await talk(atAlice, atBob);
  await writeAtLength(atAlice, atBob);
  await Promise.all([atAlice.client.close(), atBob.client.close()]);
}

/** A session: what is typed goes over MSRP through the relay, and a picture beside it. */
async function talk(atAlice: Screen, atBob: Screen): Promise<void> {
  say("alice opens a session with bob, and they talk");
  const folder = mkdtempSync(join(tmpdir(), "heliograph-demo-"));
  const sessions: Session[] = [];
  let isSaved = false;
  atBob.client.onSession(async (invitation) => {
    const session = await invitation.accept({
      onFile: async (offer) =>
        void offer
          .accept(await saveFile(offer, join(folder, "bob")))
          .outcome.then(({ kind }) => (isSaved = kind === "received")),
    });
    if (session) sessions.push(session);
  });
  const opened = await atAlice.client.openSession(bob);
  if (opened.kind !== "established") throw new Error(`no session: ${JSON.stringify(opened)}`);
  saw("bob has taken the call; the media goes through the relay, and neither client knows of it");
  await mustBeSent("alice", opened.session.sendText("Look what I found:"));
  await until("bob reads it", () => atBob.messages.includes("Look what I found:"));

  say("alice sends a file of 3 MB while they go on talking");
  const picture = join(folder, "picture.jpg");
  writeFileSync(picture, randomBytes(3_000_000));
  const sending = opened.session.sendFile(await fileToSend(picture));
  await mustBeSent("bob", sessions[0]?.sendText("It is still loading"));
  const { kind } = await sending.outcome;
  if (kind !== "sent") throw new Error(`the file was not sent: ${kind}`);
  await until("bob has the file", () => isSaved);
  const [sent, received] = [picture, join(folder, "bob", "picture.jpg")].map((path) =>
    createHash("sha256").update(readFileSync(path)).digest("hex"),
  );
  if (sent !== received) throw new Error("bob's file is another one than alice's");
  saw("it is the same file, to the last octet");
  await opened.session.close();
  await until("bob sees the session end", () => sessions[0]?.isOver === true);
  rmSync(folder, { recursive: true });
}

/** A message that is too large for a SIP request goes over MSRP by itself, and is kept like any other. */
async function writeAtLength(atAlice: Screen, atBob: Screen): Promise<void> {
  say("alice writes 200,000 characters to bob, who is offline again");
  await atBob.client.close();
  const text = "All work and no play makes Jack a dull boy. ".repeat(4_546);
  const sent = await atAlice.client.sendText(bob, text);
  if (sent.kind !== "accepted") throw new Error(`the service answered ${JSON.stringify(sent)}`);
  saw("the service took it over MSRP, and has committed it to Postgres");
  const back = await register(bob, "tcp");
  await until("bob comes back and reads all of it", () => back.messages.includes(text));
  await back.client.close();
}

async function mustBeSent(who: string, sending: ReturnType<Session["sendText"]> | undefined): Promise<void> {
  const sent = await sending;
  if (sent?.kind !== "sent") throw new Error(`what ${who} typed was not sent: ${JSON.stringify(sent)}`);
}

async function register(aor: string, transport: "udp" | "tcp"): Promise<Screen> {
  const name = aor.slice(4, aor.indexOf("@"));
  const client = createClient({ aor, password: name, server: server.uri(transport), expiresS: 600 });
  const screen = new Screen(client);
  await mustRegister(client, aor);
  return screen;
}

async function mustRegister(client: Client, aor: string): Promise<void> {
  const registered = await client.register();
  if (registered.kind !== "registered")
    throw new Error(`${aor} could not register: ${JSON.stringify(registered)}`);
}

async function send(from: Screen, text: string, expected: 200 | 202): Promise<string> {
  const sent = await from.client.sendText(bob, text, { wants });
  if (sent.kind !== "accepted" || sent.status !== expected) {
    throw new Error(`the service answered ${JSON.stringify(sent)} where ${expected} was due`);
  }
  return sent.messageId;
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`15 s later it is still not so that ${what}`);
    await wait(20);
  }
  saw(what);
}
