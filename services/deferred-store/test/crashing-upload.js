// A deferred store of its own process, which takes one large message and kills itself on the way.
// Reads {"url", "key", "moment", "message", "owner", "offer"} from standard input, and prints the answer to the offer.
// moment: "before-commit" and "after-commit" kill the process there, "piece" when the third piece is written.
import { readFileSync } from "node:fs";
import { createLocalBus } from "@heliograph/bus";
import { deferredStore } from "@heliograph/contracts";
import { openDatabase } from "@heliograph/database";
import { TimerWheel } from "@heliograph/kernel";
import { loadConfig } from "@heliograph/runtime";
import { createMemoryState } from "@heliograph/state";
import { Metrics } from "@heliograph/telemetry";
import { createDeferredStore, readDeferredStoreConfig } from "../dist/index.js";

const { url, key, moment, message, owner, offer } = JSON.parse(readFileSync(0, "utf8"));
const nothing = () => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const die = () => {
  process.kill(process.pid, "SIGKILL");
  return new Promise(nothing);
};

const opened = openDatabase({ url });
let pieces = 0;
const query = async (statement, values) => {
  const { name } = statement;
  if (name === "deferred/commit-content" && moment === "before-commit")
    return opened.transaction(async (inside) => {
      await inside.query(statement, values);
      return die();
    });
  const rows = await opened.query(statement, values);
  if (name === "deferred/commit-content") return die();
  if (name === "deferred/keep-piece" && moment === "piece" && (pieces += 1) === 3) return die();
  return rows;
};

const clock = new TimerWheel();
const bus = createLocalBus({ clock, logger });
const store = createDeferredStore({
  bus,
  database: { ...opened, query },
  state: createMemoryState(),
  clock,
  chance: {
    token: (bytes) =>
      crypto
        .randomUUID()
        .replaceAll("-", "")
        .slice(0, 2 * bytes),
  },
  telemetry: { logger, metrics: new Metrics() },
  config: loadConfig(
    { DATA_DIR: "/nowhere", DEFERRED_KEY: key, STORE_MSRP_SETUP: "passive" },
    readDeferredStoreConfig,
  ),
});
await store.start();
const reply = await bus.request(
  deferredStore.receiveLargeMessage,
  {},
  {
    message: { ...message, body: new Uint8Array(0) },
    owner,
    offer: Buffer.from(offer, "base64"),
    messages: "one",
    maxBytes: 10_000_000,
  },
);
process.stdout.write(`${Buffer.from(reply.answer).toString("base64")}\n`);
