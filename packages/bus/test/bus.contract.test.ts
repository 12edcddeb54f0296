import { afterAll, beforeAll } from "@jest/globals";
import { TimerWheel } from "@heliograph/kernel";
import { type TestServer, startNats } from "@heliograph/testkit";
import { connectNatsBus, createLocalBus } from "../src/index.js";
import { busContract } from "./bus.contract.js";
import { silentLogger } from "./silent-logger.js";

const deps = { clock: new TimerWheel(), logger: silentLogger };
const identity = { name: "test", version: "0.1.0", description: "a test" };
let nats: TestServer;
beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats.stop());

for (const validate of [false, true]) {
  const kind = validate ? "in process, with every value sent through its wire form" : "in process";
  busContract(kind, () => {
    const bus = createLocalBus({ ...deps, validate, drainMs: 100 });
    return Promise.resolve({ caller: bus, server: bus, isChecked: validate, close: () => bus.drain() });
  });
}

busContract("over NATS", async () => {
  const options = { ...deps, url: nats.url, identity, drainMs: 100 };
  const [caller, server] = await Promise.all([connectNatsBus(options), connectNatsBus(options)]);
  return {
    caller,
    server,
    isChecked: true,
    close: async () => {
      await Promise.all([caller.drain(), server.drain()]);
    },
  };
});
