import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sipCore } from "@heliograph/contracts";
import { TimerWheel } from "@heliograph/kernel";
import { Metrics, type Tracing, noTracing } from "@heliograph/telemetry";
import { type TestServer, startNats } from "@heliograph/testkit";
import { type Msg, connect } from "@nats-io/transport-node";
import { connectNatsBus } from "../src/index.js";
import { until } from "./bus.contract.js";
import { silentLogger } from "./silent-logger.js";

let nats: TestServer;
beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats.stop());

const identity = { name: "test", version: "0.1.0", description: "a test" };
const open = (more: { tracing?: Tracing; metrics?: Metrics; maxInHand?: number } = {}) =>
  connectNatsBus({
    url: nats.url,
    identity,
    clock: new TimerWheel(),
    logger: silentLogger,
    drainMs: 100,
    ...more,
  });
const listDomains = sipCore.listDomains;

describe("a bus whose NATS is gone", () => {
  it("fails questions at once, those that wait too, and works again when NATS is back", async () => {
    const [caller, server] = await Promise.all([open(), open()]);
    await server.serve(listDomains, {}, () => new Promise<never>(() => undefined));
    const waiting = caller.request(listDomains, {}, {});
    const startedAtMs = Date.now();
    await Promise.all([
      expect(waiting).rejects.toMatchObject({ failure: "disconnected" }),
      nats.kill().then(() => until(() => !caller.isConnected && !server.isConnected)),
    ]);
    await expect(caller.request(listDomains, {}, {})).rejects.toMatchObject({ failure: "disconnected" });
    await expect(caller.publish(sipCore.userAvailable, {}, { aor: "sip:a@b" })).rejects.toMatchObject({
      failure: "disconnected",
    });
    expect(Date.now() - startedAtMs).toBeLessThan(2_000);
    await nats.restart();
    await until(() => caller.isConnected && server.isConnected);
    const again = await open();
    await again.serve(sipCore.reportStatus, {}, () =>
      Promise.resolve({ subscribers: 1, domains: 1, registeredUsers: 1 }),
    );
    expect(await caller.request(sipCore.reportStatus, {}, {})).toMatchObject({ subscribers: 1 });
    await Promise.all([caller, server, again].map((bus) => bus.drain()));
  });

  it("keeps serving the subjects that it served before", async () => {
    const [caller, server] = await Promise.all([open(), open()]);
    await server.serve(listDomains, {}, () => Promise.resolve({ domains: [] }));
    await nats.kill();
    await until(() => !caller.isConnected && !server.isConnected);
    await nats.restart();
    await until(() => caller.isConnected && server.isConnected);
    expect(await caller.request(listDomains, {}, {})).toEqual({ domains: [] });
    await Promise.all([caller.drain(), server.drain()]);
  });

  it("waits for a NATS that starts later than itself", async () => {
    await nats.kill();
    const opening = open();
    await nats.restart();
    const bus = await opening;
    expect(bus.isConnected).toBe(true);
    await bus.drain();
  });
});

describe("what a bus over NATS puts on the wire", () => {
  const following: Tracing = {
    ...noTracing,
    traceParent: () => "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  };

  it("is JSON with the W3C trace header of a followed message", async () => {
    const [tap, bus] = await Promise.all([connect({ servers: nats.url }), open({ tracing: following })]);
    const seen: Msg[] = [];
    tap.subscribe("im.>", { callback: (_, message) => void seen.push(message) });
    await tap.flush();
    await bus.publish(sipCore.userAvailable, {}, { aor: "sip:alice@example.com" });
    await until(() => seen.length === 1);
    expect(seen[0]?.json()).toEqual({ aor: "sip:alice@example.com" });
    expect(seen[0]?.headers?.get("traceparent")).toBe(following.traceParent());
    await Promise.all([tap.close(), bus.drain()]);
  });

  it("hands the trace to the service that answers", async () => {
    const resumed: (string | undefined)[] = [];
    const resuming: Tracing = {
      ...noTracing,
      resume: (traceParent, name, run) => {
        resumed.push(`${name} ${traceParent ?? "untraced"}`);
        return run();
      },
    };
    const [caller, plain, server] = await Promise.all([
      open({ tracing: following }),
      open(),
      open({ tracing: resuming }),
    ]);
    await server.serve(listDomains, {}, () => Promise.resolve({ domains: [] }));
    await caller.request(listDomains, {}, {});
    await plain.request(listDomains, {}, {});
    expect(resumed).toEqual([
      `sip-core/list-domains ${following.traceParent()}`,
      "sip-core/list-domains untraced",
    ]);
    await Promise.all([caller, plain, server].map((bus) => bus.drain()));
  });

  it("says of a failure that there was one, and nothing of its text", async () => {
    const [tap, server] = await Promise.all([connect({ servers: nats.url }), open()]);
    await server.serve(listDomains, {}, () => Promise.reject(new Error("password=secret")));
    const answer = await tap.request("im.sip-core.v1.list-domains", "{}", { timeout: 2_000 });
    expect(answer.headers?.get("Heliograph-Failure")).toBe("handler-failed");
    expect(answer.string()).toBe("");
    const garbled = await tap.request("im.sip-core.v1.list-domains", "{no json", { timeout: 2_000 });
    expect(garbled.headers?.get("Heliograph-Failure")).toBe("malformed");
    await Promise.all([tap.close(), server.drain()]);
  });

  it("refuses work above its bound instead of hoarding it", async () => {
    const [caller, server] = await Promise.all([open(), open({ maxInHand: 1 })]);
    await server.serve(listDomains, {}, () => new Promise<never>(() => undefined));
    const first = caller.request(listDomains, {}, {}).catch(() => undefined);
    await expect(caller.request(listDomains, {}, {})).rejects.toMatchObject({ failure: "handler-failed" });
    await Promise.all([caller.drain(), server.drain()]);
    await first;
  });
});

describe("the NATS micro protocol (ADR-32)", () => {
  it("answers PING, INFO and STATS for all, for the name and for the instance", async () => {
    const metrics = new Metrics();
    const [tap, server, caller] = await Promise.all([
      connect({ servers: nats.url }),
      open(),
      open({ metrics }),
    ]);
    await server.serve(listDomains, {}, () => Promise.resolve({ domains: [] }));
    await caller.request(listDomains, {}, {});
    await caller.drain();
    const ask = async (subject: string) => (await tap.request(subject, "", { timeout: 2_000 })).json<Micro>();
    const ping = await ask("$SRV.PING");
    expect(ping).toMatchObject({ type: "io.nats.micro.v1.ping_response", name: "test", version: "0.1.0" });
    expect(await ask("$SRV.INFO.test")).toMatchObject({
      type: "io.nats.micro.v1.info_response",
      id: ping.id,
    });
    expect(await ask(`$SRV.STATS.test.${ping.id}`)).toMatchObject({
      type: "io.nats.micro.v1.stats_response",
      endpoints: [
        {
          name: "sip-core-list-domains",
          subject: "im.sip-core.v1.list-domains",
          queue_group: "sip-core",
          num_requests: 1,
          num_errors: 0,
        },
      ],
    });
    expect(metrics.text()).toContain("heliograph_bus_requests_total 1");
    await Promise.all([tap.close(), server.drain()]);
  });
});

interface Micro {
  readonly type: string;
  readonly id: string;
}
