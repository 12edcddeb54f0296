import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import {
  attributeOf,
  childOf,
  elementsOf,
  formatXml,
  parseXml,
  textOf,
  type XmlElement,
  type XmlToWrite,
} from "../src/index.js";

function read(document: string): XmlElement {
  const parsed = parseXml(document);
  if (!parsed.ok) throw new Error(parsed.error.rule);
  return parsed.value;
}

describe("parseXml", () => {
  it("resolves namespaces, prefixed or not", () => {
    const root = read('<a xmlns="urn:x" xmlns:p="urn:y" id="1" p:id="2"><b>hi</b><p:b> there </p:b></a>');
    expect(root).toMatchObject({ namespace: "urn:x", name: "a" });
    expect(root.attributes).toEqual([
      { namespace: "", name: "id", value: "1" },
      { namespace: "urn:y", name: "id", value: "2" },
    ]);
    expect(attributeOf(root, "id")).toBe("1");
    expect(elementsOf(root)).toHaveLength(2);
    expect(textOf(childOf(root, "b") as XmlElement)).toBe("hi");
    expect(textOf(childOf(root, "b", "urn:y") as XmlElement)).toBe("there");
  });

  it("takes CDATA as text and leaves comments and instructions out", () => {
    expect(textOf(read("<a><!-- no --><?no no?><![CDATA[<b>]]>&amp;<c>c</c></a>"))).toBe("<b>&c");
  });

  it("reads octets as UTF-8 and refuses what is not", () => {
    expect(parseXml(new TextEncoder().encode("<a>é</a>"))).toMatchObject({ ok: true });
    expect(parseXml(Uint8Array.of(0x3c, 0x61, 0x3e, 0xff))).toEqual({
      ok: false,
      error: { rule: "utf-8", offset: 0 },
    });
  });

  it.each([
    ["an external entity", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "doctype"],
    ["entities that multiply", '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><a>&y;</a>', "doctype"],
    ["an empty document", "", "well-formed"],
    ["an unknown entity", "<a>&nbsp;</a>", "well-formed"],
    ["an unclosed element", "<a><b></a>", "well-formed"],
    ["an unknown prefix", "<p:a/>", "well-formed"],
    ["two roots", "<a/><b/>", "well-formed"],
    ["an attribute twice", '<a b="1" b="2"/>', "well-formed"],
    ["a NUL", "<a>\0</a>", "well-formed"],
    ["text after the root", "<a/>text", "well-formed"],
  ])("refuses %s", (_, document, rule) => {
    expect(parseXml(document)).toMatchObject({ ok: false, error: { rule } });
  });

  it("takes a DOCTYPE in CDATA for the text that it is", () => {
    expect(textOf(read("<a><![CDATA[<!DOCTYPE a>]]></a>"))).toBe("<!DOCTYPE a>");
  });

  it("bounds size, depth, elements and attributes", () => {
    const deep = (depth: number) => "<a>".repeat(depth) + "</a>".repeat(depth);
    const rich = (count: number) => `<a ${Array.from({ length: count }, (_, i) => `b${i}="1"`).join(" ")}/>`;
    expect(parseXml(`<a>${"x".repeat(256 * 1024)}</a>`)).toMatchObject({ error: { rule: "size" } });
    expect(parseXml(deep(64))).toMatchObject({ ok: true });
    expect(parseXml(deep(65))).toMatchObject({ error: { rule: "depth" } });
    expect(parseXml(deep(30_000))).toMatchObject({ error: { rule: "depth" } });
    expect(parseXml(`<a>${"<b/>".repeat(20_000)}</a>`)).toMatchObject({ error: { rule: "elements" } });
    expect(parseXml(rich(64))).toMatchObject({ ok: true });
    expect(parseXml(rich(65))).toMatchObject({ error: { rule: "attributes" } });
    expect(parseXml(deep(3), { maxDepth: 2 })).toMatchObject({ error: { rule: "depth" } });
  });

  it("never throws, whatever it is given", () => {
    const pieces = fc.constantFrom(
      "<",
      ">",
      "/",
      "a",
      "=",
      '"',
      "&",
      ";",
      "<!",
      "[CDATA[",
      "]]>",
      "<?",
      "?>",
      "xmlns:",
      " ",
      "\0",
      "é",
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 40 }),
        (parts) => typeof parseXml(parts.join("")).ok === "boolean",
      ),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => typeof parseXml(octets).ok === "boolean"),
    );
  });
});

describe("formatXml", () => {
  it("writes what parseXml reads back, whatever the text", () => {
    const text = fc
      .string({ unit: "grapheme", maxLength: 20 })
      .filter((s) => !/[\p{Cc}\p{Cs}\ufffe\uffff]/u.test(s));
    fc.assert(
      fc.property(text, text, (value, inside) => {
        const written: XmlToWrite = {
          name: "a",
          attributes: { xmlns: "urn:x", v: value },
          children: [inside, { name: "b" }],
        };
        const root = read(formatXml(written));
        expect(attributeOf(root, "v")).toBe(value);
        expect(root.children.filter((child) => typeof child === "string").join("")).toBe(inside);
      }),
    );
  });

  it("keeps line ends and tabs of an attribute, and carriage returns of text", () => {
    const root = read(formatXml({ name: "a", attributes: { v: "1\r\n\t2" }, children: ["x\r\ny"] }));
    expect(attributeOf(root, "v")).toBe("1\r\n\t2");
    expect(root.children).toEqual(["x\r\ny"]);
  });

  it("replaces what XML cannot carry", () => {
    expect(formatXml({ name: "a", children: ["\0x\ud800y\uffff\u0085"] })).toMatch(
      /<a>\ufffdx\ufffdy\ufffd\u0085<\/a>$/,
    );
  });

  it("throws at a name that is none: that is our own mistake", () => {
    expect(() => formatXml({ name: "a b" })).toThrow(TypeError);
  });
});
