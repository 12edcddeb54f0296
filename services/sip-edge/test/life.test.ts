import { describe, expect, it } from "@jest/globals";
import { sipCore } from "@heliograph/contracts";
import { ConfigError, loadConfig } from "@heliograph/runtime";
import { readConfig } from "../src/config.js";
import { domains, given, message, registered } from "./given.js";

describe("the edge's life", () => {
  it("starts the stack, and stops it after what is in hand", async () => {
    const { edge, stack } = await given();
    expect(stack.state).toBe("started");
    expect(() => edge.health[0]?.check()).not.toThrow();
    await edge.stop();
    expect(stack.state).toBe("stopped");
  });

  it("takes requests once the registrar has told the domains, however late", async () => {
    const { receive, bus, clock, settle } = await given({}, {}, { isCoreAway: true });
    expect((await receive(message()))?.status).toBe(503);
    await bus.serve(sipCore.listDomains, {}, async () => ({ domains: [{ name: "far.net", aliases: [] }] }));
    clock.advance(1_000);
    await settle();
    await settle();
    expect((await receive(message({ from: "<sip:e@else.net>;tag=1", uri: "sip:bob@far.net" })))?.status).toBe(
      200,
    );
  });

  it("forgets what a connection vouched for when the account changes", async () => {
    const edge = await given();
    const flow = await registered(edge);
    await edge.bus.publish(sipCore.subscriberChanged, {}, { aor: "sip:alice@example.com" });
    await edge.settle();
    expect((await edge.receive(message(), flow))?.status).toBe(407);
  });

  it("asks for the domains again when they change", async () => {
    let known = domains;
    const { receive, bus, settle } = await given({}, { listDomains: () => known });
    known = [{ name: "new.example", aliases: [] }];
    await bus.publish(sipCore.subscriberChanged, {}, {});
    await settle();
    const stranger = { from: "<sip:e@else.net>;tag=1" };
    expect((await receive(message({ ...stranger, uri: "sip:bob@new.example" })))?.status).toBe(200);
    expect((await receive(message(stranger)))?.status).toBe(403);
  });
});

describe("configuration", () => {
  it("has a working default on loopback", () => {
    const config = loadConfig({}, readConfig);
    expect(config.listen.map(({ transport, address, port }) => `${transport}:${address}:${port}`)).toEqual([
      "udp:127.0.0.1:5060",
      "tcp:127.0.0.1:5060",
      "tls:127.0.0.1:5061",
      "ws:127.0.0.1:5066",
      "wss:127.0.0.1:5067",
    ]);
    expect(config).toMatchObject({ nodeId: "edge1", federation: "open", assertsOutside: false });
  });

  it("complains of everything at once", () => {
    const env = {
      SIP_LISTEN: "sctp:1",
      TRUSTED_CORES: "x",
      NEIGHBOURS: "y",
      NODE_ID: "a.b",
      FEDERATION: "closed",
    };
    expect(() => loadConfig(env, readConfig)).toThrow(ConfigError);
    try {
      loadConfig(env, readConfig);
    } catch (cause) {
      expect(String(cause).match(/SIP_LISTEN|TRUSTED_CORES|NEIGHBOURS|NODE_ID|FEDERATION/g)).toHaveLength(5);
    }
  });
});
