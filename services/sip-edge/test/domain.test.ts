import { describe, expect, it } from "@jest/globals";
import { FakeClock, PredictableChance } from "@heliograph/testkit";
import { AddressSet } from "../src/domain/address-set.js";
import { FlowUsers } from "../src/domain/flow-users.js";
import { parseListeningPoint } from "../src/domain/listening-point.js";
import { MessageIds } from "../src/domain/message-ids.js";
import { parseNeighbour } from "../src/domain/neighbours.js";
import { toProvedUser } from "../src/domain/proved-user.js";
import { ServedDomains } from "../src/domain/served-domains.js";
import { domains } from "./given.js";

describe("SC-08 GEN-06 addresses that an operator trusts", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1", 5060, true],
    ["192.0.2.1", "192.0.2.2", 5060, false],
    ["192.0.2.1:5080", "192.0.2.1", 5080, true],
    ["192.0.2.1:5080", "192.0.2.1", 5081, false],
    ["192.0.2.0/24", "192.0.2.255", 1, true],
    ["192.0.2.0/24", "192.0.3.0", 1, false],
    ["192.0.2.128/25", "192.0.2.127", 1, false],
    ["0.0.0.0/0", "8.8.8.8", 1, true],
    ["0.0.0.0/0", "2001:db8::1", 1, false],
    ["192.0.2.1", "::ffff:192.0.2.1", 1, true],
    ["2001:db8::/32", "2001:db8:ffff::1", 1, true],
    ["2001:db8::/32", "2001:db9::1", 1, false],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1", 1, true],
    ["[2001:db8::1]:5060", "2001:db8::1", 5060, true],
    ["[2001:db8::1]:5060", "2001:db8::1", 5061, false],
    ["::1", "::1", 5060, true],
    ["127.0.0.1", "localhost", 5060, false],
  ])("%s and %s:%i: %s", (entry, address, port, expected) => {
    const set = AddressSet.parse([entry]);
    if (!set.ok) throw new Error(set.error.rule);
    expect(set.value.has(address, port)).toBe(expected);
    expect(set.value.has(address, port)).toBe(expected);
  });

  it.each([
    "",
    "example.com",
    "192.0.2",
    "192.0.2.256",
    "192.0.2.0/33",
    "192.0.2.1:65536",
    "2001:db8::/129",
    "1::2::3",
    "12345::",
  ])("%j is no address", (entry) => expect(AddressSet.parse([entry]).ok).toBe(false));

  it("GEN-14: a trusted core is not held to the rate of one source, unless it shares its address with others", () => {
    const set = AddressSet.parse(["192.0.2.0/24", "198.51.100.1:5060"]);
    if (!set.ok) throw new Error(set.error.rule);
    expect(set.value.hasWhole("192.0.2.77")).toBe(true);
    expect(set.value.hasWhole("198.51.100.1")).toBe(false);
    expect(set.value.hasWhole("203.0.113.1")).toBe(false);
    expect(AddressSet.empty.hasWhole("192.0.2.77")).toBe(false);
  });
});

describe("SC-08 neighbours as configured", () => {
  it("have a domain, a route with its parameters, addresses and trust", () => {
    const parsed = parseNeighbour(
      "Near.NET = sip:gw.near.net:5080;transport=tcp ; address=192.0.2.0/24;address=198.51.100.7 ;trusted",
    );
    if (!parsed.ok) throw new Error(parsed.error.rule);
    const { domain, route, isTrusted, addresses } = parsed.value;
    expect({ domain, route, isTrusted }).toEqual({
      domain: "near.net",
      route: "sip:gw.near.net:5080;transport=tcp",
      isTrusted: true,
    });
    expect([
      addresses.has("192.0.2.9", 1),
      addresses.has("198.51.100.7", 1),
      addresses.has("198.51.100.8", 1),
    ]).toEqual([true, true, false]);
  });

  it("speak from where their route leads when that is an address", () => {
    const near = parseNeighbour("near.net=sip:192.0.2.5");
    const far = parseNeighbour("far.net=sip:gw.far.net");
    expect(near.ok && near.value.addresses.has("192.0.2.5", 9)).toBe(true);
    expect(far.ok && far.value.addresses.isEmpty).toBe(true);
  });

  it.each([
    "",
    "near.net",
    "=sip:x",
    "near.net=mailto:a@b",
    "near.net=sip:",
    "near.net=sip:x;address=nowhere",
  ])("%j is wrong", (text) => {
    expect(parseNeighbour(text).ok).toBe(false);
  });
});

describe("GEN-01 listeners as configured", () => {
  it.each([
    ["udp:127.0.0.1:5060", { transport: "udp", address: "127.0.0.1", port: 5060 }],
    ["WSS:[::1]:0", { transport: "wss", address: "::1", port: 0 }],
  ])("%s", (text, value) => expect(parseListeningPoint(text)).toEqual({ ok: true, value }));

  it.each(["", "sctp:127.0.0.1:1", "udp", "udp:127.0.0.1", "udp:[::1:5060", "tcp:127.0.0.1:70000"])(
    "%j is wrong",
    (text) => {
      expect(parseListeningPoint(text).ok).toBe(false);
    },
  );
});

describe("GEN-06 GEN-30 what flows vouch for", () => {
  const user = (aor: string) => toProvedUser({ aor, uris: [aor] }, new ServedDomains(domains));
  const tcp = (id: string) => ({ id, transport: "tcp" as const });

  it("stays bounded: the flow that registered longest ago makes room", () => {
    const users = new FlowUsers(2);
    for (const id of ["1", "2"]) users.add(id, user("sip:a@example.com"), 100);
    users.add("1", user("sip:a@example.com"), 100);
    users.add("3", user("sip:a@example.com"), 100);
    expect([users.size, ...["1", "2", "3"].map((id) => users.vouchedOn(tcp(id), 0).length)]).toEqual([
      2, 1, 0, 1,
    ]);
  });

  it("lets a gateway register several users over one connection, up to a bound", () => {
    const users = new FlowUsers(2);
    for (let at = 0; at < 100; at += 1) users.add("1", user(`sip:u${at}@example.com`), 100);
    expect(users.vouchedOn(tcp("1"), 0)).toHaveLength(64);
    expect(users.vouchedOn(tcp("1"), 0).at(-1)?.aor).toBe("sip:u99@example.com");
    users.forget("sip:u99@example.com");
    expect(users.close("1")).toHaveLength(63);
    expect(users.size).toBe(0);
  });
});

describe("names of messages", () => {
  it("are unique, and their order is the order of time", () => {
    const clock = new FakeClock();
    const ids = new MessageIds(clock, new PredictableChance());
    const made = Array.from({ length: 50 }, (_, at) => {
      if (at % 7 === 0) clock.advance(40);
      return ids.next();
    });
    expect(new Set(made).size).toBe(50);
    expect([...made].sort()).toEqual(made);
    expect(made.every((id) => /^[A-Za-z0-9]+$/.test(id))).toBe(true);
  });
});
