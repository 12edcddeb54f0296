/**
 * Plays the main job over real sockets and tells what happens: a message between two people who are online, one to
 * somebody who is offline, kill -9 of the service, its return, delivery, receipts. Exits with 1 when anything is off.
 *
 * Use: npm run demo
 */
import { setTimeout as wait } from "node:timers/promises";
import { type Arrival, type Client, createClient, type Receipt } from "@heliograph/client";
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
  await Promise.all([atAlice.client.close(), atBob.client.close()]);
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
