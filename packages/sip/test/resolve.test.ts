import { describe, expect, it } from "@jest/globals";
import { PredictableChance } from "@heliograph/testkit";
import {
  type DnsAnswer,
  type DnsQuestion,
  type NaptrRecord,
  parseUri,
  pickBy,
  planResolution,
  type ResolutionOptions,
  type SipUri,
} from "@heliograph/sip";
import { orderSrv } from "../src/resolve-srv.js";

interface Zone {
  readonly [question: string]: readonly unknown[];
}

function uriOf(text: string): SipUri {
  const uri = parseUri(text);
  if (!uri.ok || (uri.value.scheme !== "sip" && uri.value.scheme !== "sips"))
    throw new Error(`not SIP: ${text}`);
  return uri.value;
}

/** Resolves against a zone; gives the hops as text, and what was asked, round by round. */
function resolve(text: string, zone: Zone = {}, options: Partial<ResolutionOptions> = {}) {
  const plan = planResolution(uriOf(text), {
    transports: ["udp", "tcp", "tls"],
    families: ["A"],
    pick: () => 0,
    ...options,
  });
  const asked: string[] = [];
  let turn = plan.next();
  while (!turn.done) {
    asked.push(turn.value.map(({ kind, name }) => `${kind} ${name}`).join(", "));
    turn = plan.next(turn.value.map((question) => answerFrom(zone, question)));
  }
  const hops = turn.value.map(({ transport, address, port }) => `${transport} ${address} ${port}`);
  return { asked, hops, domains: turn.value.map(({ domain }) => domain) };
}

function answerFrom(zone: Zone, { kind, name }: DnsQuestion): DnsAnswer {
  return { kind, records: zone[`${kind} ${name}`] ?? [] } as DnsAnswer;
}

const naptr = (
  order: number,
  service: string,
  replacement: string,
  changes: Partial<NaptrRecord> = {},
): NaptrRecord => ({
  order,
  preference: 50,
  flags: "s",
  service,
  regexp: "",
  replacement,
  ...changes,
});

const srv = (priority: number, weight: number, port: number, target: string) => ({
  priority,
  weight,
  port,
  target,
});

/** The example of RFC 3263 §4.1. */
const example: Zone = {
  "NAPTR example.com": [
    naptr(50, "SIPS+D2T", "_sips._tcp.example.com."),
    naptr(90, "SIP+D2T", "_sip._tcp.example.com"),
    naptr(100, "SIP+D2U", "_sip._udp.example.com."),
  ],
  "SRV _sip._tcp.example.com": [
    srv(0, 1, 5060, "server1.example.com"),
    srv(0, 2, 5060, "server2.example.com"),
  ],
  "SRV _sip._udp.example.com": [srv(0, 1, 5062, "server1.example.com.")],
  "SRV _sips._tcp.example.com": [srv(0, 1, 5061, "server1.example.com")],
  "A example.com": ["192.0.2.9"],
  "A server1.example.com": ["192.0.2.1"],
  "A server2.example.com": ["192.0.2.2", "192.0.2.3"],
};

describe("RFC 3263 §4.1 Selecting a Transport Protocol", () => {
  it("SC-06: a transport parameter wins over NAPTR, and its SRV records are asked for", () => {
    const { asked, hops } = resolve("sip:bob@example.com;transport=tcp", example);
    expect(asked).toEqual(["SRV _sip._tcp.example.com", "A server1.example.com, A server2.example.com"]);
    expect(hops).toEqual(["tcp 192.0.2.1 5060", "tcp 192.0.2.2 5060", "tcp 192.0.2.3 5060"]);
  });

  it("SC-06: a numeric host goes over UDP for sip and TLS for sips, without a question", () => {
    for (const [uri, hop] of [
      ["sip:192.0.2.5", "udp 192.0.2.5 5060"],
      ["sips:192.0.2.5", "tls 192.0.2.5 5061"],
      ["sip:[2001:db8::1]:5070", "udp 2001:db8::1 5070"],
      ["sip:192.0.2.5;transport=tcp", "tcp 192.0.2.5 5060"],
      ["sip:192.0.2.5;transport=tls", "tls 192.0.2.5 5061"],
      ["sips:192.0.2.5:5099;transport=tcp", "tls 192.0.2.5 5099"],
    ] as const) {
      expect(resolve(uri)).toMatchObject({ asked: [], hops: [hop] });
    }
  });

  it("SC-06: an explicit port skips NAPTR and SRV: UDP for sip, TLS for sips", () => {
    for (const [uri, hop] of [
      ["sip:example.com:5060", "udp 192.0.2.9 5060"],
      ["sips:example.com:5061", "tls 192.0.2.9 5061"],
      ["sip:example.com:5080;transport=tcp", "tcp 192.0.2.9 5080"],
    ] as const) {
      expect(resolve(uri, example)).toMatchObject({ asked: ["A example.com"], hops: [hop] });
    }
  });

  it("SC-06: NAPTR's lowest order that we support chooses, SIPS for a sip URI included", () => {
    expect(resolve("sip:bob@example.com", example)).toMatchObject({
      asked: ["NAPTR example.com", "SRV _sips._tcp.example.com", "A server1.example.com"],
      hops: ["tls 192.0.2.1 5061"],
    });
    expect(resolve("sip:bob@example.com", example, { transports: ["udp", "tcp"] }).hops[0]).toBe(
      "tcp 192.0.2.1 5060",
    );
    expect(resolve("sip:bob@example.com", example, { transports: ["udp"] }).hops).toEqual([
      "udp 192.0.2.1 5062",
    ]);
  });

  it("SC-06: a client resolving a SIPS URI MUST discard any service that is not SIPS", () => {
    const zone = { ...example, "NAPTR example.com": example["NAPTR example.com"]?.slice(1) ?? [] };
    const { asked, hops } = resolve("sips:bob@example.com", zone);
    expect(asked[1]).toBe("SRV _sips._tcp.example.com");
    expect(hops).toEqual(["tls 192.0.2.1 5061"]);
  });

  it("within one order goes by preference, and tries the next service after the first", () => {
    const zone = {
      ...example,
      "NAPTR example.com": [
        naptr(10, "SIP+D2U", "_sip._udp.example.com", { preference: 20 }),
        naptr(10, "sip+d2t", "_sip._tcp.example.com", { preference: 10 }),
      ],
    };
    expect(resolve("sip:example.com", zone).hops.map((hop) => hop.slice(0, 3))).toEqual([
      "tcp",
      "tcp",
      "tcp",
      "udp",
    ]);
  });

  it("ignores NAPTR records that are not for it: other services, flags, and regular expressions", () => {
    const zone = {
      ...example,
      "NAPTR example.com": [
        naptr(1, "E2U+sip", "x.example.com"),
        naptr(1, "SIP+D2S", "x.example.com"),
        naptr(1, "SIP+D2T", "x.example.com", { flags: "u" }),
        naptr(1, "SIP+D2T", "x.example.com", { regexp: "!^.*$!sip:x!" }),
      ],
    };
    expect(resolve("sip:example.com", zone).asked[1]).toBe(
      "SRV _sip._udp.example.com, SRV _sip._tcp.example.com, SRV _sips._tcp.example.com",
    );
  });

  it("SC-06: without NAPTR it asks for SRV of every transport it supports, SIPS alone for a SIPS URI", () => {
    const zone = { ...example, "NAPTR example.com": [] };
    expect(resolve("sip:example.com", zone)).toMatchObject({
      hops: [
        "udp 192.0.2.1 5062",
        "tcp 192.0.2.1 5060",
        "tcp 192.0.2.2 5060",
        "tcp 192.0.2.3 5060",
        "tls 192.0.2.1 5061",
      ],
    });
    expect(resolve("sips:example.com", zone).asked[1]).toBe("SRV _sips._tcp.example.com");
  });

  it("SC-06: without SRV it uses UDP for sip and TLS for sips, at the default port", () => {
    const zone = { "A example.com": ["192.0.2.9"] };
    expect(resolve("sip:example.com", zone).hops).toEqual(["udp 192.0.2.9 5060"]);
    expect(resolve("sips:example.com", zone).hops).toEqual(["tls 192.0.2.9 5061"]);
    expect(resolve("sip:example.com;transport=tcp", zone).hops).toEqual(["tcp 192.0.2.9 5060"]);
    expect(resolve("sip:example.com", zone, { transports: ["tcp"] }).hops).toEqual(["tcp 192.0.2.9 5060"]);
  });

  it("keeps the transport that NAPTR chose when its SRV name has no records", () => {
    const zone = { ...example, "SRV _sips._tcp.example.com": [] };
    expect(resolve("sip:example.com", zone).hops).toEqual(["tls 192.0.2.9 5061"]);
  });

  it("leads nowhere over a transport that we do not have, that is unknown, or that cannot be secure", () => {
    for (const uri of [
      "sip:example.com;transport=sctp",
      "sips:example.com;transport=udp",
      "sip:192.0.2.1;transport=ws",
    ]) {
      expect(resolve(uri, example)).toMatchObject({ asked: [], hops: [] });
    }
    expect(resolve("sips:192.0.2.1", {}, { transports: ["udp"] }).hops).toEqual([]);
    expect(resolve("sips:example.com", example, { transports: ["udp"] }).hops).toEqual([]);
  });

  it("RFC 7118 §5.1: finds WebSocket servers by NAPTR, or by address", () => {
    const zone = {
      ...example,
      "NAPTR ws.example.com": [naptr(1, "SIPS+D2W", "_sips._ws.example.com"), naptr(2, "SIP+D2W", "x")],
      "SRV _sips._ws.example.com": [srv(0, 0, 8443, "server1.example.com")],
      "A ws.example.com": ["192.0.2.7"],
    };
    const options: Partial<ResolutionOptions> = { transports: ["ws", "wss"] };
    expect(resolve("sip:ws.example.com", zone, options).hops).toEqual(["wss 192.0.2.1 8443"]);
    expect(resolve("sip:ws.example.com;transport=ws", zone, options).hops).toEqual(["ws 192.0.2.7 80"]);
    expect(resolve("sips:ws.example.com;transport=ws", zone, options).hops).toEqual(["wss 192.0.2.7 443"]);
    expect(resolve("sip:ws.example.com;transport=wss", zone, options).hops).toEqual(["wss 192.0.2.7 443"]);
  });
});

describe("RFC 3263 §4.2 Determining Port and IP Address", () => {
  it("SC-06: tries every address, those of the family that it likes first in front", () => {
    const zone = { "A example.com": ["192.0.2.1", "192.0.2.2"], "AAAA example.com": ["2001:db8::1"] };
    const addresses = (families: ResolutionOptions["families"] & {}) =>
      resolve("sip:example.com:5060", zone, { families }).hops.map((hop) => hop.split(" ")[1]);
    expect(addresses(["A", "AAAA"])).toEqual(["192.0.2.1", "192.0.2.2", "2001:db8::1"]);
    expect(addresses(["AAAA", "A"])).toEqual(["2001:db8::1", "192.0.2.1", "192.0.2.2"]);
    expect(addresses(["AAAA"])).toEqual(["2001:db8::1"]);
  });

  it("takes maddr for the host, and keeps the URI's domain for the certificate", () => {
    const { hops, domains } = resolve("sip:example.com;maddr=192.0.2.77", example);
    expect([hops, domains]).toEqual([["udp 192.0.2.77 5060"], ["example.com"]]);
    expect(resolve("sips:example.com", example).domains).toEqual(["example.com"]);
  });

  it("takes an address where a record should have a name", () => {
    const zone = { "SRV _sip._udp.example.com": [srv(0, 0, 5060, "192.0.2.4")] };
    expect(resolve("sip:example.com", zone).hops).toEqual(["udp 192.0.2.4 5060"]);
  });

  it("leads nowhere when no name has an address", () => {
    expect(resolve("sip:example.com").hops).toEqual([]);
    expect(resolve("sip:example.com", { ...example, "A server1.example.com": [] }).hops).toEqual([]);
  });

  it("is bounded, whatever DNS says", () => {
    const many = Array.from({ length: 1_000 }, (_, index) => index);
    const zone = {
      "NAPTR example.com": many.map((index) => naptr(1, "SIP+D2U", `_sip._udp.s${index}.example.com`)),
      ...Object.fromEntries(
        many.map((index) => [
          `SRV _sip._udp.s${index}.example.com`,
          many.map((at) => srv(0, 0, 5060, `h${at}.example.com`)),
        ]),
      ),
      ...Object.fromEntries(
        many.map((index) => [`A h${index}.example.com`, many.map((at) => `192.0.2.${at % 250}`)]),
      ),
    };
    const { asked, hops } = resolve("sip:example.com", zone);
    expect(asked.map((round) => round.split(",").length)).toEqual([1, 32, 16]);
    expect(hops).toHaveLength(16);
    expect(resolve("sip:example.com", zone, { maxHops: 3 }).hops).toHaveLength(3);
  });
});

describe("RFC 2782 Usage rules", () => {
  const order = (records: Parameters<typeof orderSrv>[0], picks: number[]) =>
    orderSrv(records, () => picks.shift() ?? 0).map(({ target }) => target);

  it("SC-06: MUST try the lowest priority first", () => {
    expect(order([srv(2, 9, 1, "c"), srv(0, 1, 1, "a"), srv(1, 5, 1, "b")], [])).toEqual(["a", "b", "c"]);
  });

  it("SC-06: selects by running sums of weights, those of weight 0 at the beginning", () => {
    const records = [srv(0, 10, 1, "ten"), srv(0, 0, 1, "zero"), srv(0, 30, 1, "thirty")];
    expect(order(records, [0])[0]).toBe("zero");
    expect(order(records, [1])[0]).toBe("ten");
    expect(order(records, [10])[0]).toBe("ten");
    expect(order(records, [11])[0]).toBe("thirty");
    expect(order(records, [40])[0]).toBe("thirty");
    expect(order(records, [11, 1, 0])).toEqual(["thirty", "ten", "zero"]);
  });

  it("SC-06: chooses in proportion to weight", () => {
    const chance = new PredictableChance("seed");
    const pick = pickBy(chance);
    const first = { a: 0, b: 0 };
    for (let round = 0; round < 4_000; round += 1) {
      const [one] = orderSrv([srv(0, 1_000, 1, "a"), srv(0, 3_000, 1, "b")], pick);
      if (one?.target === "a" || one?.target === "b") first[one.target] += 1;
    }
    expect(first.b / first.a).toBeGreaterThan(2.6);
    expect(first.b / first.a).toBeLessThan(3.4);
  });

  it("picks every number below the limit, about equally often, and none else", () => {
    const pick = pickBy(new PredictableChance("p"));
    const counts = new Map<number, number>();
    for (let round = 0; round < 10_000; round += 1) {
      const picked = pick(10);
      counts.set(picked, (counts.get(picked) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((one, other) => one - other)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Math.min(...counts.values())).toBeGreaterThan(800);
    expect(pick(1)).toBe(0);
  });

  it("SC-06: a target of . says that the service is decidedly not there: no fall back to addresses", () => {
    const zone = { "SRV _sip._tcp.example.com": [srv(0, 0, 0, ".")], "A example.com": ["192.0.2.9"] };
    expect(resolve("sip:example.com;transport=tcp", zone).hops).toEqual([]);
    const other = { ...zone, "SRV _sip._udp.example.com": [srv(0, 0, 5060, "192.0.2.4")] };
    expect(resolve("sip:example.com", other).hops).toEqual(["udp 192.0.2.4 5060"]);
  });
});
