import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { BusError, sipCore } from "@heliograph/contracts";
import { alice } from "./given-registration.js";
import { type Given, login, startService } from "./given-service.js";

let given: Given;

beforeAll(async () => {
  given = await startService();
  await given.bus.request(sipCore.addDomain, {}, { name: "a.example", aliases: [] });
  for (const aor of [alice, "sip:bob@a.example"]) {
    await given.bus.request(sipCore.addSubscriber, {}, { aor, password: "wonderland" });
  }
});

afterAll(() => given.stop());

const bob = { to: "<sip:bob@a.example>" };

describe("while Postgres is away", () => {
  it("who is remembered still registers, who is not gets an error and no challenge, and it recovers by itself", async () => {
    expect(await login(given)).toMatchObject({ kind: "registered" });
    await given.postgres.kill();
    given.clock.advance(60_000);
    expect(await login(given, { cseq: 2 })).toMatchObject({ kind: "registered" });
    await expect(login(given, bob, { username: "bob" })).rejects.toBeInstanceOf(BusError);
    await given.postgres.restart();
    expect(await login(given, bob, { username: "bob" })).toMatchObject({ kind: "registered" });
  });
});
