import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import {
  answerDirections,
  answeredSetup,
  composeAnswer,
  composeOffer,
  type ConnectAbility,
  decideAnswer,
  type Direction,
  type MsrpDescription,
  offeredSetup,
  parseChatroom,
  parseMsrpDescription,
  parsePath,
  roleOfOfferer,
  type Setup,
  takeAnswer,
} from "../src/index.js";
import { bob, capabilities, origin, uri } from "./given.js";

const directions: readonly Direction[] = ["sendrecv", "sendonly", "recvonly", "inactive"];
const sends = (direction: Direction) => direction === "sendrecv" || direction === "sendonly";
const receives = (direction: Direction) => direction === "sendrecv" || direction === "recvonly";
const setups: readonly (Setup | "unsaid")[] = ["active", "passive", "actpass", "unsaid"];
const abilities: readonly ConnectAbility[] = ["connect", "listen", "either"];

const read = (body: Uint8Array): MsrpDescription => {
  const description = parseMsrpDescription(body);
  if (!description.ok) throw new Error(description.error.rule);
  return description.value;
};

describe("RFC 3264 §6.1 the table of directions", () => {
  it.each(directions)("in every cell of %s sends and receives only what both sides want", (offered) => {
    for (const willing of directions) {
      const answer = answerDirections[offered][willing];
      expect(sends(answer)).toBe(receives(offered) && sends(willing));
      expect(receives(answer)).toBe(sends(offered) && receives(willing));
    }
  });
});

describe("RFC 4145 §4.1 the tables of roles", () => {
  it.each(setups)("in every cell of %s leave one side to connect and the other to wait", (offered) => {
    for (const ability of abilities) {
      const answered = answeredSetup[offered][ability];
      if (answered === "refused") continue;
      expect(roleOfOfferer[offered][answered]).toBe(answered === "active" ? "passive" : "active");
    }
  });

  it("let the offerer connect when an answer does not choose, except where it cannot", () => {
    expect(roleOfOfferer).toEqual({
      active: { active: "conflict", passive: "active", actpass: "active", unsaid: "active" },
      passive: { active: "passive", passive: "conflict", actpass: "passive", unsaid: "active" },
      actpass: { active: "passive", passive: "active", actpass: "active", unsaid: "active" },
      unsaid: { active: "passive", passive: "active", actpass: "active", unsaid: "active" },
    });
  });

  it("make somebody wait only who can, and connect only who can", () => {
    for (const offered of setups) {
      for (const ability of abilities) {
        const answered = answeredSetup[offered][ability];
        if (answered === "active") expect(ability).not.toBe("listen");
        if (answered === "passive") expect(ability).not.toBe("connect");
      }
    }
  });
});

describe("MS-14 MS-15 MS-51 an exchange from offer to connection", () => {
  const side = fc.record({
    connect: fc.constantFrom(...abilities),
    direction: fc.constantFrom(...directions),
    wantsCema: fc.boolean(),
  });

  it("ends with the same view on both sides, whoever offers what", () => {
    fc.assert(
      fc.property(side, side, fc.constantFrom("TCP/MSRP", "TCP/TLS/MSRP"), (ours, theirs, transport) => {
        const { direction } = ours;
        const offer = read(
          composeOffer(origin, [
            { ...bob, transport, direction, setup: offeredSetup[ours.connect], hasCema: ours.wantsCema },
          ]),
        );
        const cema = { wantsCema: theirs.wantsCema, usesRelay: false };
        const { connect } = theirs;
        const decision = decideAnswer(offer, { ...capabilities, connect, direction: theirs.direction, cema });
        if (decision.kind === "refused") {
          expect([ours.connect, theirs.connect]).toEqual(["connect", "connect"]);
          return;
        }
        const [answered] = decision.media;
        const alice = { ...bob, host: "192.0.2.1", port: 2855, path: [uri("msrp://192.0.2.1:2855/a;tcp")] };
        const answer = read(composeAnswer(origin, decision, () => alice));
        const outcome = takeAnswer(offer, answer, { usesRelay: false });
        const [taken] = outcome.kind === "taken" ? outcome.media : [];
        if (answered?.kind !== "accepted" || taken?.kind !== "open") throw new Error(outcome.kind);
        expect(new Set([answered.role, taken.role])).toEqual(new Set(["active", "passive"]));
        expect(sends(taken.direction)).toBe(receives(answered.direction));
        expect(receives(taken.direction)).toBe(sends(answered.direction));
        if (taken.role === "active") expect(taken.connectTo).toMatchObject({ host: "192.0.2.1", port: 2855 });
        else expect(answered.connectTo).toMatchObject({ host: "bob.example.com", port: 8493 });
      }),
      { numRuns: 300 },
    );
  });
});

describe("RFC 4975 §8.2 and RFC 7701 §8 bounds", () => {
  it("reads at most 16 URIs and 64 chatroom tokens", () => {
    const path = (count: number) => Array.from({ length: count }, () => "msrp://a:1/s;tcp").join(" ");
    expect(parsePath(path(16), 0).ok).toBe(true);
    expect(parsePath(path(17), 0)).toEqual({ ok: false, error: { rule: "path length", offset: 272 } });
    const tokens = Array.from({ length: 65 }, (_, index) => `t${index + 10}`).join(" ");
    expect(parseChatroom(tokens, 0)).toEqual({ ok: false, error: { rule: "chatroom length", offset: 256 } });
  });
});
