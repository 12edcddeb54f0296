import { describe, expect, it } from "@jest/globals";
import { isFeatureTag } from "../src/index.js";

describe("rfc3840 §9 feature tags among the parameters of a Contact", () => {
  it.each(["audio", "Automata", "text", "extensions", "+g.oma.sip-im", "+sip.instance"])(
    "%s is one",
    (name) => {
      expect(isFeatureTag(name)).toBe(true);
    },
  );

  it.each(["q", "expires", "reg-id", "methods2", ""])("%s is none", (name) => {
    expect(isFeatureTag(name)).toBe(false);
  });
});
