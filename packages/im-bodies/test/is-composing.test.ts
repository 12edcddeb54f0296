import { describe, expect, it } from "@jest/globals";
import { formatIsComposing, type IsComposing, parseIsComposing } from "../src/index.js";

const document = (inside: string) => `<?xml version="1.0" encoding="UTF-8"?>
   <isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"
   xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
   xsi:schemaLocation="urn:ietf:params:xml:ns:im-composing
   iscomposing.xsd">${inside}</isComposing>`;

describe("RFC 3994 §5 Examples", () => {
  it("reads the active one", () => {
    expect(
      parseIsComposing(
        document("<state>active</state><contenttype>text/plain</contenttype><refresh>90</refresh>"),
      ),
    ).toEqual({
      ok: true,
      value: { state: "active", contentType: "text/plain", refreshS: 90 },
    });
  });

  it("reads the idle one", () => {
    const idle =
      "<state>idle</state><lastactive>2003-01-27T10:43:00Z</lastactive><contenttype>audio</contenttype>";
    expect(parseIsComposing(document(idle))).toEqual({
      ok: true,
      value: { state: "idle", lastActive: "2003-01-27T10:43:00Z", contentType: "audio" },
    });
  });
});

describe("RFC 3994 §3.5 Additional Status Information", () => {
  it("MUST treat state tokens other than idle and active as idle", () => {
    expect(parseIsComposing(document("<state>thinking</state>"))).toEqual({
      ok: true,
      value: { state: "idle" },
    });
  });

  it("ignores elements of other namespaces", () => {
    expect(parseIsComposing(document('<state>active</state><x xmlns="urn:x">1</x>'))).toEqual({
      ok: true,
      value: { state: "active" },
    });
  });

  it.each([
    ["no state", document(""), "state"],
    [
      "a refresh that is no positive number",
      document("<state>active</state><refresh>0</refresh>"),
      "refresh",
    ],
    ["another root", "<isComposing/>", "isComposing"],
    ["what is not XML", "active", "well-formed"],
  ])("refuses %s", (_, text, rule) => {
    expect(parseIsComposing(text)).toMatchObject({ ok: false, error: { rule } });
  });
});

describe("formatIsComposing", () => {
  const statuses: readonly IsComposing[] = [
    { state: "idle" },
    { state: "active", lastActive: "2003-01-27T10:43:00Z", contentType: "text/<plain>", refreshS: 60 },
  ];

  it.each(statuses)("writes %j so that it is read back", (status) => {
    expect(parseIsComposing(formatIsComposing(status))).toEqual({ ok: true, value: status });
  });
});
