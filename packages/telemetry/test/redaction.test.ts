import { describe, expect, it } from "@jest/globals";
import { assert, property, string, stringMatching } from "fast-check";
import { createAddressShowingRedaction, createRedaction } from "../src/index.js";

const { address, sentence, fields } = createRedaction("a key");

describe("redaction", () => {
  it("keeps scheme and domain of an address and hides whose it is", () => {
    expect(address("sip:alice@example.com")).toMatch(/^sip:a…[\w-]{4}@example\.com$/);
    expect(address("alice@example.com")).toMatch(/^a…[\w-]{4}@example\.com$/);
    expect(address("tel:+4930123456")).toMatch(/^tel:\+…[\w-]{4}$/);
    expect(address("alice")).toMatch(/^a…[\w-]{4}$/);
  });

  it("gives the same person the same token under one key, and another under another", () => {
    expect(address("sip:alice@example.com")).toBe(createRedaction("a key").address("sip:alice@example.com"));
    expect(address("sip:alice@example.com")).not.toBe(
      createRedaction("b key").address("sip:alice@example.com"),
    );
    expect(address("sip:alice@example.com")).not.toBe(address("sip:andrew@example.com"));
  });

  it("hides addresses inside a sentence, and leaves the rest alone", () => {
    const text = sentence(
      'no route from "Al" <sip:alice@example.com;transport=tcp> to SIPS:bob@example.org, giving up',
    );
    expect(text).toMatch(
      /^no route from "Al" <sip:a…[\w-]{4}@example\.com;transport=tcp> to SIPS:b…[\w-]{4}@example\.org, giving up$/,
    );
  });

  it("never lets a user part through, whatever surrounds it", () => {
    const user = stringMatching(/^[a-z0-9._-]{6,20}$/);
    assert(
      property(user, string({ maxLength: 30 }), (name, around) => {
        expect(sentence(`${around} <sip:${name}@example.com> ${around}`)).not.toContain(`:${name}@`);
        expect(JSON.stringify(fields({ deep: [{ aor: `sip:${name}@example.com` }] }))).not.toContain(
          `:${name}@`,
        );
      }),
    );
  });

  it("hides bodies and secrets at any depth by the names of their fields", () => {
    const shown = JSON.stringify(
      fields({
        message: {
          id: "m1",
          body: new Uint8Array(11),
          recipient: "sip:bob@example.com",
          contentType: "text/plain",
        },
        password: "hunter2",
        nested: { deeper: { authorization: "Digest response=0a1b2c" } },
      }),
    );
    expect(shown).not.toMatch(/hunter2|0a1b2c|sip:bob@/);
    expect(shown).toMatch(/"id":"m1".*"body":"11 bytes".*"contentType":"text\/plain"/);
  });

  it("tells an error's own facts and its causes, and leaves out the objects that hang on it", () => {
    const cause = Object.assign(new Error("sip:carol@example.com is unknown"), {
      code: "E1",
      client: { huge: true },
    });
    const { err } = fields({ err: new Error("delivery failed", { cause }) });
    expect(err).toMatchObject({ type: "Error", message: "delivery failed", cause: { code: "E1" } });
    expect(JSON.stringify(err)).not.toMatch(/carol@|huge/);
  });

  it("is bounded in depth and breadth", () => {
    type Nest = { inner?: Nest };
    const nest: Nest = {};
    let at = nest;
    for (let depth = 0; depth < 1_000; depth += 1) at = at.inner = {};
    const shown = JSON.stringify(fields({ nest, list: Array.from({ length: 1_000 }, () => "x") }));
    expect(shown.length).toBeLessThan(1_000);
  });

  it("shows addresses to a developer who asks, and still no bodies", () => {
    const open = createAddressShowingRedaction();
    expect(open.fields({ aor: "sip:alice@example.com", body: "hi" })).toEqual({
      aor: "sip:alice@example.com",
      body: "hidden",
    });
  });
});
