// A deferred store of its own process, which a test kills. Reads {"url", "key", "moment", "messages"} from standard input.
// moment: "before-commit" and "after-commit" kill the process there; "never" stores what it can and prints what it accepted.
import { readFileSync } from "node:fs";
import { createLocalBus } from "@heliograph/bus";
import { deferredStore } from "@heliograph/contracts";
import { openDatabase } from "@heliograph/database";
import { TimerWheel } from "@heliograph/kernel";
import { loadConfig } from "@heliograph/runtime";
import { createMemoryState } from "@heliograph/state";
import { Metrics } from "@heliograph/telemetry";
import { createDeferredStore, readDeferredStoreConfig } from "../dist/index.js";

const { url, key, moment, messages } = JSON.parse(readFileSync(0, "utf8"));
const nothing = () => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const die = () => {
  process.kill(process.pid, "SIGKILL");
  return new Promise(nothing);
};

const opened = openDatabase({ url });
const isStoring = ({ name }) => name === "deferred/store-messages";
const moments = {
  never: (statement, values) => opened.hot(statement, values),
  "after-commit": async (statement, values) => {
    const rows = await opened.hot(statement, values);
    return isStoring(statement) ? die() : rows;
  },
  "before-commit": (statement, values) =>
    isStoring(statement)
      ? opened.transaction(async (inside) => {
          await inside.query(statement, values);
          return die();
        })
      : opened.hot(statement, values),
};

const clock = new TimerWheel();
const bus = createLocalBus({ clock, logger });
const store = createDeferredStore({
  bus,
  database: { ...opened, hot: moments[moment] },
  state: createMemoryState(),
  clock,
  chance: { token: () => Math.random().toString(36).slice(2) },
  telemetry: { logger, metrics: new Metrics() },
  config: loadConfig({ DATA_DIR: "/nowhere", DEFERRED_KEY: key }, readDeferredStoreConfig),
});
await store.start();
process.stdout.write("ready\n");
await Promise.all(
  messages.map(async ({ body, ...envelope }, index) => {
    await new Promise((resolve) => setTimeout(resolve, index));
    const message = { ...envelope, body: Buffer.from(body, "base64") };
    const input = { message, owner: message.recipient, cause: "offline" };
    const reply = await bus.request(deferredStore.storeMessage, {}, input);
    if (reply.kind === "stored") process.stdout.write(`${message.id}\n`);
  }),
);
