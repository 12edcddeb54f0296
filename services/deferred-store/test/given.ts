import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalBus } from "@heliograph/bus";
import {
  type Binding,
  type Bus,
  deferredStore,
  type Invitation,
  type PagerMessage,
  participating,
  sipCore,
} from "@heliograph/contracts";
import { type Database, openDatabase } from "@heliograph/database";
import { TimerWheel } from "@heliograph/kernel";
import { loadConfig } from "@heliograph/runtime";
import { createMemoryState, type State } from "@heliograph/state";
import { Metrics } from "@heliograph/telemetry";
import { createDeferredStore, readDeferredStoreConfig, type StorageRules } from "../src/index.js";

export const alice = "sip:alice@example.org";
export const bob = "sip:bob@example.org";

/** What a device, or nobody, says to a push. */
export type PushReply =
  | { readonly kind: "delivered" }
  | { readonly kind: "unreachable"; readonly reason: string }
  | { readonly kind: "refused"; readonly status: number; readonly reason: string };

export interface Wishes {
  readonly database: Database;
  readonly env?: Readonly<Record<string, string>>;
  readonly rules?: StorageRules;
  /** Live state that outlives the service. */
  readonly state?: State;
  readonly answer?: (message: PagerMessage) => PushReply | Promise<PushReply>;
  /** What the owner's devices, or none, say to an INVITE of the store. */
  readonly answerInvite?: (
    invitation: Invitation,
  ) => participating.LargePushReply | Promise<participating.LargePushReply>;
  readonly answerNotification?: () =>
    | { kind: "accepted"; status: 202 }
    | { kind: "refused"; status: number; reason: string };
}

const nothing = (): void => undefined;
const logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
} as never;

/** The service on a real Postgres, with a participating function that does as the test says. */
export async function given(wishes: Wishes) {
  const dataDir = mkdtempSync(join(tmpdir(), "deferred-test-"));
  const clock = new TimerWheel();
  const bus: Bus = createLocalBus({ clock, logger, validate: true });
  const state = wishes.state ?? createMemoryState();
  const pushed: PagerMessage[] = [];
  const notified: PagerMessage[] = [];
  const invited: Invitation[] = [];
  const left: { readonly conversation: string; readonly leg?: string | undefined }[] = [];
  await bus.serve(participating.pushDeferredMessage, {}, async (message) => {
    pushed.push(message);
    return (await wishes.answer?.(message)) ?? { kind: "delivered" };
  });
  await bus.serve(participating.pushLargeMessage, {}, async ({ invitation }) => {
    invited.push(invitation);
    return (await wishes.answerInvite?.(invitation)) ?? { kind: "unreachable", reason: "no device" };
  });
  await bus.serve(participating.leaveSession, {}, async (over) => {
    left.push(over);
    return {};
  });
  await bus.serve(participating.sendNotification, {}, async (message) => {
    notified.push(message);
    return wishes.answerNotification?.() ?? { kind: "accepted", status: 202 };
  });
  const metrics = new Metrics();
  const store = createDeferredStore({
    bus,
    database: wishes.database,
    state,
    clock,
    chance: { token: () => Math.random().toString(36).slice(2, 12) },
    telemetry: { logger, metrics },
    config: loadConfig(
      {
        DATA_DIR: dataDir,
        DEFERRED_SWEEP: "100",
        DEFERRED_BACK_OFF_FIRST: "100",
        STORE_MSRP_SETUP: "passive",
        ...wishes.env,
      },
      readDeferredStoreConfig,
    ),
    ...(wishes.rules && { rules: wishes.rules }),
  });
  await store.start();
  return {
    bus,
    state,
    pushed,
    notified,
    invited,
    left,
    metrics,
    store: (
      message: PagerMessage,
      cause: "offline" | "unreachable" | "preference" | "queue-order" | "too-large-for-transport" = "offline",
    ) => bus.request(deferredStore.storeMessage, {}, { message, owner: message.recipient, cause }),
    register: async (aor: string) => {
      await state.registrations.change(aor, () => ({ bindings: [bindingOf(aor)], reply: undefined }));
      await bus.publish(sipCore.userAvailable, {}, { aor });
    },
    stop: async () => {
      await bus.drain();
      await store.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Empties the tables, so that a test finds what it made. */
export async function cleared(database: Database): Promise<Database> {
  await database.query(
    "DO $$ BEGIN IF to_regclass('deferred.pieces') IS NOT NULL THEN TRUNCATE deferred.messages, deferred.owners, deferred.notices, deferred.charging, deferred.contents, deferred.pieces; END IF; END $$",
  );
  return database;
}

export const connect = (url: string): Database => openDatabase({ url });

let made = 0;

/** A message for Bob; each test says only what differs. */
export function messageOf(changes: Partial<PagerMessage> & { readonly text?: string } = {}): PagerMessage {
  made += 1;
  const { text = `hello ${made}`, ...rest } = changes;
  return {
    id: `m-${process.pid}-${made}`,
    requestUri: bob,
    recipient: bob,
    sender: { kind: "local", aor: alice, asserted: [alice] },
    from: `"Alice" <${alice}>;tag=a${made}`,
    to: `<${bob}>`,
    callId: `call-${made}@example.org`,
    cseq: 1,
    maxForwards: 69,
    privacy: [],
    contentType: "text/plain",
    headers: [["Subject", "greetings"]],
    body: Buffer.from(text),
    receivedAtMs: Date.now(),
    route: [],
    ...rest,
  };
}

/** A CPIM message that asks for dispositions. */
export function cpimOf(
  asked: string,
  changes: Partial<PagerMessage> & { readonly extra?: string; readonly inner?: string } = {},
) {
  const { extra = "", inner = "Content-Type: text/plain\r\n\r\nhello", ...rest } = changes;
  const text = [
    `From: Alice <${alice}>`,
    `To: <${bob}>`,
    "DateTime: 2026-11-23T04:00:00Z",
    "NS: imdn <urn:ietf:params:imdn>",
    `imdn.Message-ID: id-${made + 1}`,
    `imdn.Disposition-Notification: ${asked}`,
    extra,
  ].filter((line) => line !== "");
  return messageOf({ contentType: "message/cpim", text: `${text.join("\r\n")}\r\n\r\n${inner}`, ...rest });
}

export const textOf = ({ body }: PagerMessage): string => Buffer.from(body).toString();

/** Waits until something holds; fails loudly when it does not within five seconds. */
export async function eventually(holds: () => boolean | Promise<boolean>, what = "it"): Promise<void> {
  for (let i = 0; i < 250; i += 1) {
    if (await holds()) return;
    await pause(20);
  }
  throw new Error(`${what} did not come about`);
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function bindingOf(aor: string): Binding {
  return {
    kind: "device",
    key: `${aor}-device`,
    contact: `${aor};transport=tcp`,
    q: 1000,
    expiresAtMs: Date.now() + 3_600_000,
    callId: "register",
    cseq: 1,
    path: [],
    params: [],
    node: "edge",
    registeredAtMs: Date.now(),
  };
}
