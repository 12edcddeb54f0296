import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "@jest/globals";
import type { DnsAnswer, DnsQuestion, Outcome } from "@heliograph/sip";
import { DnsCache } from "../src/dns-cache.js";
import { NodeDns } from "../src/node-dns.js";
import { FakeClock } from "@heliograph/testkit";
import { answerTo, closeAll, givenStack, header, outgoing, rawUdp } from "./given.js";

afterEach(closeAll);

/** DNS that says what a test says, and remembers what it was asked. */
function scriptedDns(records: Readonly<Record<string, DnsAnswer["records"]>>) {
  const asked: string[] = [];
  return {
    asked,
    ask: ({ kind, name }: DnsQuestion) => {
      asked.push(`${kind} ${name}`);
      const found = records[`${kind} ${name}`] ?? [];
      return Promise.resolve({ answer: { kind, records: found } as DnsAnswer, ttlS: 60 });
    },
  };
}

const srv = (port: number, priority: number) => ({ priority, weight: 0, port, target: "host.example" });

/** A domain with as many UDP hosts as there are ports, tried in this order. */
function domainOf(...ports: readonly number[]) {
  return scriptedDns({
    "NAPTR im.example": [
      {
        order: 1,
        preference: 1,
        flags: "s",
        service: "SIP+D2U",
        regexp: "",
        replacement: "_sip._udp.im.example",
      },
    ],
    "SRV _sip._udp.im.example": ports.map((port, at) => srv(port, at)),
    "A host.example": ["127.0.0.1"],
  });
}

const toDomain = { kind: "uri", uri: "sip:bob@im.example" } as const;

function statusOf(outcome: Outcome): number | string {
  return outcome.kind === "response" ? outcome.response.status : outcome.kind;
}

describe("RFC 3263 §4 Client Usage", () => {
  it("SC-06 asks NAPTR, SRV and A in turn, and sends where they lead", async () => {
    const peer = await rawUdp();
    const dns = domainOf(peer.port);
    const { stack, port } = await givenStack({ dns });
    const outcome = stack.send(outgoing(), toDomain);
    peer.send(answerTo(await peer.next()), port());
    expect(statusOf(await outcome)).toBe(200);
    expect(dns.asked.slice(0, 3)).toEqual(["NAPTR im.example", "SRV _sip._udp.im.example", "A host.example"]);
  });

  it("asks nothing twice while the answer holds", async () => {
    const peer = await rawUdp();
    const dns = domainOf(peer.port);
    const { stack, port } = await givenStack({ dns });
    for (const _ of [1, 2]) {
      const outcome = stack.send(outgoing(), toDomain);
      peer.send(answerTo(await peer.next()), port());
      await outcome;
    }
    expect(new Set(dns.asked).size).toBe(dns.asked.length);
  });

  it("is unreachable where the name leads nowhere", async () => {
    const { stack } = await givenStack({ dns: scriptedDns({}) });
    expect(statusOf(await stack.send(outgoing(), toDomain))).toBe("unreachable");
  });

  it("is unreachable, soon, when no name server answers", async () => {
    const { stack } = await givenStack({
      dns: { ask: () => new Promise(() => undefined) },
      limits: { dnsMs: 30 },
    });
    expect(statusOf(await stack.send(outgoing(), toDomain))).toBe("unreachable");
  });

  for (const uri of ["tel:+15551234", "sip:", "http://im.example", ""]) {
    it(`is unreachable by "${uri}", which is no SIP URI`, async () => {
      const { stack } = await givenStack();
      expect(await stack.send(outgoing(), { kind: "uri", uri })).toMatchObject({ kind: "unreachable" });
      expect(await stack.send(outgoing("", "ACK"), { kind: "uri", uri })).toMatchObject({
        kind: "unreachable",
      });
      expect(stack.snapshot.resolutionFailures).toBe(1);
    });
  }
});

describe("RFC 3263 §4.3 failover", () => {
  it("SC-06 after a 503 sends the same request with another branch to the next hop", async () => {
    const [first, second] = [await rawUdp(), await rawUdp()];
    const { stack, port } = await givenStack({ dns: domainOf(first.port, second.port) });
    const outcome = stack.send(outgoing(), toDomain);
    const one = await first.next();
    first.send(answerTo(one, "503 Service Unavailable"), port());
    const other = await second.next();
    expect(header(other, "Via")).not.toBe(header(one, "Via"));
    expect(other.replace(/Via:.*\r\n/, "")).toBe(one.replace(/Via:.*\r\n/, ""));
    second.send(answerTo(other), port());
    expect(statusOf(await outcome)).toBe(200);
    expect(stack.snapshot.failovers).toBe(1);
  });

  it("SC-06 after a transport error goes to the next hop", async () => {
    const second = await rawUdp();
    const dns = scriptedDns({
      "SRV _sip._tcp.im.example": [srv(1, 0)],
      "SRV _sip._udp.im.example": [srv(second.port, 0)],
      "A host.example": ["127.0.0.1"],
    });
    const { stack, port } = await givenStack({ dns: { ask: dns.ask } });
    const outcome = stack.send(outgoing(), toDomain);
    second.send(answerTo(await second.next()), port());
    expect(statusOf(await outcome)).toBe(200);
  });

  it("does not fail over after any other answer", async () => {
    const [first, second] = [await rawUdp(), await rawUdp()];
    const { stack, port } = await givenStack({ dns: domainOf(first.port, second.port) });
    const outcome = stack.send(outgoing(), toDomain);
    first.send(answerTo(await first.next(), "500 Oops"), port());
    expect(statusOf(await outcome)).toBe(500);
    expect(second.count()).toBe(0);
  });

  it("ends with the 503 when it was the last", async () => {
    const first = await rawUdp();
    const { stack, port } = await givenStack({ dns: domainOf(first.port, 1) });
    const outcome = stack.send(outgoing(), toDomain, { timeoutMs: 3_000 });
    first.send(answerTo(await first.next(), "503 Service Unavailable"), port());
    expect([503, "silent"]).toContain(statusOf(await outcome));
  });

  it("does not come back to a hop before its Retry-After is over (RFC 3261 §21.5.4)", async () => {
    const [first, second] = [await rawUdp(), await rawUdp()];
    const { stack, port } = await givenStack({ dns: domainOf(first.port, second.port) });
    const busy = stack.send(outgoing(), toDomain);
    first.send(answerTo(await first.next(), "503 Busy", ["Retry-After: 30"]), port());
    second.send(answerTo(await second.next()), port());
    await busy;
    const later = stack.send(outgoing(), toDomain);
    second.send(answerTo(await second.next()), port());
    expect(statusOf(await later)).toBe(200);
    expect(first.count()).toBe(0);
  });

  it("R-sip-stack-2 comes back all the same when there is no other hop", async () => {
    const only = await rawUdp();
    const { stack, port } = await givenStack({ dns: domainOf(only.port) });
    const busy = stack.send(outgoing(), toDomain);
    only.send(answerTo(await only.next(), "503 Busy", ["Retry-After: 30"]), port());
    expect(statusOf(await busy)).toBe(503);
    const later = stack.send(outgoing(), toDomain);
    only.send(answerTo(await only.next()), port());
    expect(statusOf(await later)).toBe(200);
  });

  it("tries the next hop after Timer F, without waiting for it in earnest", async () => {
    const clock = new FakeClock();
    const [first, second] = [await rawUdp(), await rawUdp()];
    const { stack, port } = await givenStack({ clock, dns: domainOf(first.port, second.port) });
    const outcome = stack.send(outgoing(), toDomain);
    await first.next();
    for (let at = 0; at < 33; at += 1) clock.advance(1_000);
    second.send(answerTo(await second.next()), port());
    expect(statusOf(await outcome)).toBe(200);
  });

  it("tries no further hop after the caller's time", async () => {
    const [first, second] = [await rawUdp(), await rawUdp()];
    const { stack } = await givenStack({ dns: domainOf(first.port, second.port) });
    expect(statusOf(await stack.send(outgoing(), toDomain, { timeoutMs: 50 }))).toBe("silent");
    expect(second.count()).toBe(0);
  });
});

describe("answers of DNS", () => {
  const question = { kind: "A", name: "Host.example" } as const;

  it("are kept for their time to live, whatever the case of the name", async () => {
    const clock = new FakeClock();
    const dns = scriptedDns({ "A Host.example": ["192.0.2.1"] });
    const cache = new DnsCache(dns, clock, 1_000);
    await cache.ask(question);
    await cache.ask({ kind: "A", name: "host.EXAMPLE" });
    expect(dns.asked).toHaveLength(1);
    clock.advance(61_000);
    await cache.ask(question);
    expect(dns.asked).toHaveLength(2);
  });

  it("are asked for once by many at the same time", async () => {
    const dns = scriptedDns({});
    const cache = new DnsCache(dns, new FakeClock(), 1_000);
    await Promise.all([cache.ask(question), cache.ask(question)]);
    expect(dns.asked).toHaveLength(1);
  });

  it("are none when nobody answers, which is asked again soon", async () => {
    const clock = new FakeClock();
    let asked = 0;
    const failing = {
      ask: () => {
        asked += 1;
        return Promise.reject(new Error("SERVFAIL"));
      },
    };
    const cache = new DnsCache(failing, clock, 1_000);
    expect(await cache.ask(question)).toEqual({ kind: "A", records: [] });
    clock.advance(6_000);
    await cache.ask(question);
    expect(asked).toBe(2);
  });

  it("find a name of the hosts file when no name server knows it", async () => {
    const { answer } = await new NodeDns(200).ask({ kind: "A", name: "localhost" });
    expect(answer.records).toContain("127.0.0.1");
  });

  it("come over the network from a name server", async () => {
    const server = createSocket("udp4");
    server.on("message", (query, from) => {
      const answer = Buffer.concat([
        query.subarray(0, 2),
        Buffer.from("81800001000100000000", "hex"),
        query.subarray(12),
      ]);
      const record = Buffer.from("c00c000100010000001e0004c0000201", "hex");
      server.send(Buffer.concat([answer, record]), from.port, from.address);
    });
    server.bind(0, "127.0.0.1");
    await once(server, "listening");
    const dns = new NodeDns(1_000, [`127.0.0.1:${server.address().port}`]);
    expect(await dns.ask({ kind: "A", name: "im.example" })).toEqual({
      answer: { kind: "A", records: ["192.0.2.1"] },
      ttlS: 30,
    });
    server.close();
  });
});
