import { describe, expect, it } from "@jest/globals";
import { deferredStore, participating, sipCore, sipEdge, subjectOf } from "../src/index.js";

const services = {
  "sip-edge": sipEdge,
  "sip-core": sipCore,
  participating,
  "deferred-store": deferredStore,
} as const;

interface Declared {
  readonly service: string;
  readonly name: string;
  readonly subject: string;
  readonly queue: string | undefined;
}

const declared = Object.entries(services).flatMap(([service, contract]) =>
  Object.entries(contract).flatMap(([name, value]): Declared[] => {
    if (typeof value !== "object" || !("subject" in value)) return [];
    const queue = "queue" in value ? value.queue : undefined;
    return [{ service, name, subject: value.subject, queue }];
  }),
);

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

describe("subjects", () => {
  it("are all different", () => {
    expect(new Set(declared.map(({ subject }) => subject)).size).toBe(declared.length);
  });

  it.each(declared)("$subject is of its service, has a version, and ends with its name", (each) => {
    const parts = /^im\.([a-z-]+)(\.\{\w+\})?\.v\d+\.([a-z-]+)$/.exec(each.subject);
    expect(parts?.[1]).toBe(each.service);
    expect(parts?.[3]).toBe(kebab(each.name));
    if (each.queue !== undefined) expect(each.queue).toBe(each.service);
  });

  it("have their holes filled in", () => {
    expect(subjectOf(sipEdge.sendPagerMessage.subject, { node: "edge-1" })).toBe(
      "im.sip-edge.edge-1.v1.send-pager-message",
    );
  });

  it.each(["", "a.b", "*", ">", "a b", "ä", "x\r\n"])(
    "refuse a token that would add or widen a level: %j",
    (node) => {
      expect(() => subjectOf(sipEdge.sendPagerMessage.subject, { node })).toThrow(TypeError);
    },
  );
});
