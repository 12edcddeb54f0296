import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "@jest/globals";
import { createMemoryState } from "../src/index.js";
import { binding } from "./given.js";

const users = 20_000;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

describe("100,000 registered users in one process", () => {
  it("take at most 1.5 kB each for a binding that was cut out of a 1 kB REGISTER", async () => {
    const { registrations } = createMemoryState();
    collectGarbage();
    const before = process.memoryUsage();
    for (let index = 0; index < users; index += 1) await register(index);
    collectGarbage();
    const after = process.memoryUsage();
    expect(await registrations.countUsers()).toBe(users);
    const bytes = after.heapUsed + after.external - before.heapUsed - before.external;
    expect(bytes / users).toBeLessThan(1_500);

    async function register(index: number): Promise<void> {
      const message = Buffer.from(registerMessage(index)).toString("latin1");
      const [aor = "", contact = "", instance = "", callId = "", tags = ""] = message.split("\n");
      const kept = binding({
        key: `${instance};${index}`,
        contact,
        instance,
        callId,
        flowId: `flow-${index}-aaaaaaaaaaaaaaaa`,
        params: tags.split(";").map((tag) => [tag, null]),
      });
      await registrations.change(aor, () => ({ bindings: [kept], reply: 0 }));
    }
  });
});

function registerMessage(index: number): string {
  return [
    `sip:user-${index}@some.example.org`,
    `sip:user-${index}@192.0.2.${index % 250}:49152;transport=tcp;ob`,
    `<urn:uuid:00000000-0000-1000-8000-${String(index).padStart(12, "0")}>`,
    `a84b4c76e66710-${index}@pc33.some.example.org`,
    "+g.oma.sip-im;+sip.message;audio;video;methods;+g.3gpp.icsi-ref",
    "x".repeat(1_000),
  ].join("\n");
}
