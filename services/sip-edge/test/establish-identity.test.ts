import { describe, expect, it } from "@jest/globals";
import { unreachable } from "@heliograph/kernel";
import type { Claim } from "../src/domain/claim.js";
import { type Admission, establishIdentity } from "../src/domain/establish-identity.js";
import { Neighbours, parseNeighbour } from "../src/domain/neighbours.js";
import { toProvedUser } from "../src/domain/proved-user.js";
import { ServedDomains } from "../src/domain/served-domains.js";
import { alice, domains } from "./given.js";

const served = new ServedDomains(domains);
const user = toProvedUser(alice, served);
const party = (aor: string) => served.partyOfAor(aor);
const neighbour = parseNeighbour("near.net=sip:192.0.2.50");
const neighbours = new Neighbours(neighbour.ok ? [neighbour.value] : []);
const admission: Admission = { neighbours, federation: "open", defaultDomain: "example.com" };
const fromNeighbour: Claim["source"] = { kind: "neighbours", neighbours: neighbours.all };

/** Alice writes to Bob from nowhere in particular; a test says what differs. */
const claim = (changes: Partial<Claim> = {}): Claim => ({
  source: { kind: "unknown" },
  from: party("sip:alice@example.com"),
  isAnonymous: false,
  recipient: party("sip:bob@example.com"),
  isOpaque: false,
  marksOriginating: false,
  asserted: [],
  served: undefined,
  called: undefined,
  preferred: [],
  hasCredentials: false,
  vouched: [],
  proved: undefined,
  ...changes,
});
const asserted = (...aors: string[]) =>
  aors.map((aor) => ({
    scheme: aor.startsWith("tel") ? ("tel" as const) : ("sip" as const),
    party: party(aor),
    value: `<${aor}>`,
  }));
const anonymous = { from: party("sip:anonymous@anonymous.invalid"), isAnonymous: true };
const stranger = { from: party("sip:eve@elsewhere.net") };
const abroad = { recipient: party("sip:x@far.net") };

/** kind, direction or realm or status, sender's kind and address. */
function summary(changes: Partial<Claim>, rules: Partial<Admission> = {}): string {
  const found = establishIdentity(claim(changes), { ...admission, ...rules });
  switch (found.kind) {
    case "established":
      return `${found.direction} ${found.sender.kind} ${found.sender.aor}`;
    case "unproved":
      return `prove ${found.domain}`;
    case "refused":
      return `refuse ${found.status}`;
    default:
      return unreachable(found);
  }
}

describe("GEN-06 PF-02 SC-08 who sends a request", () => {
  it.each<[string, Partial<Claim>, string]>([
    ["From in our domain", {}, "prove example.com"],
    ["From in our domain, to another network", abroad, "prove example.com"],
    ["credentials of the user", { proved: user }, "originate local sip:alice@example.com"],
    ["credentials, to another network", { proved: user, ...abroad }, "originate local sip:alice@example.com"],
    [
      "credentials and another address of the user",
      { proved: user, from: party("sip:ally@example.com") },
      "originate local sip:alice@example.com",
    ],
    [
      "credentials and the user's number",
      { proved: user, from: party("tel:+15551") },
      "originate local sip:alice@example.com",
    ],
    [
      "credentials and somebody else's address",
      { proved: user, from: party("sip:bob@example.com") },
      "refuse 403",
    ],
    ["credentials and a foreign address", { proved: user, ...stranger }, "refuse 403"],
    ["credentials and no address", { proved: user, ...anonymous }, "originate local sip:alice@example.com"],
    ["the user's connection", { vouched: [user] }, "originate local sip:alice@example.com"],
    [
      "the user's connection, anonymous",
      { vouched: [user], ...anonymous },
      "originate local sip:alice@example.com",
    ],
    [
      "somebody else's connection",
      { vouched: [user], from: party("sip:bob@example.com") },
      "prove example.com",
    ],
    ["a stranger to our user", stranger, "terminate claimed sip:eve@elsewhere.net"],
    [
      "a stranger to a number",
      { ...stranger, recipient: party("tel:+1"), isOpaque: true },
      "terminate claimed sip:eve@elsewhere.net",
    ],
    ["a stranger to another network", { ...stranger, ...abroad }, "refuse 403"],
    ["a number in From", { from: party("tel:+1999") }, "prove example.com"],
    ["anonymous, to our user", anonymous, "terminate claimed sip:anonymous@anonymous.invalid"],
    ["anonymous with a hint", { ...anonymous, preferred: ["sip:alice@example.com"] }, "prove example.com"],
    ["anonymous with credentials", { ...anonymous, hasCredentials: true }, "prove example.com"],
    ["anonymous, to another network", { ...anonymous, ...abroad }, "prove example.com"],
    [
      "PAI from a stranger is not even read",
      { ...stranger, asserted: asserted("sip:alice@example.com") },
      "terminate claimed sip:eve@elsewhere.net",
    ],
    [
      "a core asserts our user",
      { source: { kind: "core" }, asserted: asserted("sip:alice@example.com") },
      "originate local sip:alice@example.com",
    ],
    [
      "a core asserts our user, to another network",
      { source: { kind: "core" }, asserted: asserted("sip:alice@example.com"), ...abroad },
      "originate local sip:alice@example.com",
    ],
    [
      "a core asserts a foreign user",
      { source: { kind: "core" }, asserted: asserted("sip:f@far.net") },
      "terminate trusted sip:f@far.net",
    ],
    [
      "a core asserts a number only",
      { source: { kind: "core" }, asserted: asserted("tel:+1999") },
      "terminate trusted tel:+1999",
    ],
    [
      "a core between two foreign networks",
      { source: { kind: "core" }, asserted: asserted("sip:f@far.net"), ...abroad },
      "refuse 403",
    ],
    ["a core asserts nobody", { source: { kind: "core" } }, "prove example.com"],
    [
      "a core asserts nobody, From foreign",
      { source: { kind: "core" }, ...stranger },
      "terminate claimed sip:eve@elsewhere.net",
    ],
    [
      "a core serves the sender",
      { source: { kind: "core" }, served: { party: party("sip:carol@example.com"), session: "orig" } },
      "originate local sip:carol@example.com",
    ],
    [
      "a core serves the recipient of our user",
      {
        source: { kind: "core" },
        asserted: asserted("sip:alice@example.com"),
        served: { party: party("sip:bob@example.com"), session: "term" },
      },
      "terminate local sip:alice@example.com",
    ],
    [
      "a core serves the recipient of nobody known",
      {
        source: { kind: "core" },
        ...anonymous,
        served: { party: party("sip:bob@example.com"), session: "term" },
      },
      "terminate claimed sip:anonymous@anonymous.invalid",
    ],
    [
      "a neighbour's user",
      { source: fromNeighbour, from: party("sip:nia@near.net") },
      "terminate claimed sip:nia@near.net",
    ],
    [
      "a neighbour's user, to another network",
      { source: fromNeighbour, from: party("sip:nia@near.net"), ...abroad },
      "refuse 403",
    ],
    ["our user through a neighbour", { source: fromNeighbour }, "prove example.com"],
    ["a neighbour's name from elsewhere", { from: party("sip:nia@near.net") }, "refuse 403"],
    [
      "a neighbour's name through a core",
      { source: { kind: "core" }, from: party("sip:nia@near.net") },
      "terminate claimed sip:nia@near.net",
    ],
    [
      "a name that ends like a neighbour's",
      { from: party("sip:nia@notnear.net") },
      "terminate claimed sip:nia@notnear.net",
    ],
  ])("%s", (_, changes, expected) => expect(summary(changes)).toBe(expected));

  it("with FEDERATION=neighbours strangers are refused, neighbours and our users are not", () => {
    const rules = { federation: "neighbours" } as const;
    expect(summary(stranger, rules)).toBe("refuse 403");
    expect(summary({ source: fromNeighbour, from: party("sip:nia@near.net") }, rules)).toBe(
      "terminate claimed sip:nia@near.net",
    );
    expect(summary({ proved: user }, rules)).toBe("originate local sip:alice@example.com");
  });

  it("GEN-07 at most one sip and one tel value are asserted for a user", () => {
    const found = establishIdentity(
      claim({ proved: user, preferred: ["tel:+15551", "sip:ally@example.com"] }),
      admission,
    );
    expect(found).toMatchObject({ sender: { asserted: ["<sip:ally@example.com>", "<tel:+15551>"] } });
  });

  it("a recipient that a core serves is the served user", () => {
    const changes = {
      source: { kind: "core" as const },
      asserted: asserted("sip:f@far.net"),
      called: party("sip:bob@example.com"),
      ...abroad,
    };
    expect(establishIdentity(claim(changes), admission)).toMatchObject({
      recipient: { aor: "sip:bob@example.com" },
    });
  });
});
