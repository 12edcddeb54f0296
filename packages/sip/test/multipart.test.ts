import { describe, expect, it } from "@jest/globals";
import { formatMultipart, HeaderList, parseMultipart } from "@heliograph/sip";

const bytes = (text: string) => Buffer.from(text, "latin1");
const parse = (text: string, type = "multipart/mixed;boundary=b", limits = {}) =>
  parseMultipart(bytes(text), type, limits);
const bodies = (text: string, type?: string) => {
  const parsed = parse(text, type);
  return parsed.ok
    ? parsed.value.map((part) => [part.contentType, Buffer.from(part.body).toString("latin1")])
    : parsed.error;
};

describe("RFC 2046 §5.1.1 Common Syntax", () => {
  it("the RFC's example has two parts; preamble and epilogue are ignored", () => {
    const text = [
      "This is the preamble.",
      "--simple boundary",
      "",
      "This is implicitly typed plain US-ASCII text.",
      "It does NOT end with a linebreak.",
      "--simple boundary",
      "Content-type: text/plain; charset=us-ascii",
      "",
      "This is explicitly typed.",
      "It DOES end with a linebreak.",
      "",
      "--simple boundary--",
      "",
      "This is the epilogue.",
    ].join("\r\n");
    expect(bodies(text, 'multipart/mixed; boundary="simple boundary"')).toEqual([
      ["text/plain", "This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak."],
      ["text/plain; charset=us-ascii", "This is explicitly typed.\r\nIt DOES end with a linebreak.\r\n"],
    ]);
  });

  it.each([
    ["--b\r\n\r\nx\r\n--b--", [["text/plain", "x"]]],
    ["--b \t\r\n\r\nx\r\n--b--\r\n", [["text/plain", "x"]]],
    ["--b\r\n\r\n\r\n--b--", [["text/plain", ""]]],
    ["--b\r\nA: b\r\n\r\n--b--", [["text/plain", ""]]],
    ["--b\r\nContent-Type:\r\n a/b\r\n\r\n--bx\r\n--b--", [["a/b", "--bx"]]],
    ["--b\r\n\r\n\0\xff--b\r\n--b--", [["text/plain", "\0\xff--b"]]],
  ])("%j is read", (text, parts) => {
    expect(bodies(text)).toEqual(parts);
  });

  it("in a digest a part is a message by default", () => {
    expect(bodies("--b\r\n\r\nx\r\n--b--", "multipart/digest;boundary=b")).toEqual([["message/rfc822", "x"]]);
  });

  it.each([
    ["", "dash-boundary"],
    ["x", "dash-boundary"],
    ["--b\r\n\r\nx", "close-delimiter"],
    ["--b--", "body-part"],
    ["--b", "dash-boundary"],
    ["--b\r\nno colon\r\n\r\nx\r\n--b--", "header-name"],
    ["--b\r\nA: \xff\r\n\r\nx\r\n--b--", "UTF-8"],
  ])("%j is malformed: %s", (text, rule) => {
    expect(parse(text)).toMatchObject({ ok: false, error: { rule } });
  });

  it.each([
    "multipart/mixed",
    "multipart/mixed;boundary=",
    'multipart/mixed;boundary="a "',
    `multipart/mixed;boundary=${"b".repeat(71)}`,
    "text/plain;boundary=b",
    "x",
  ])("Content-Type %s has no usable boundary", (type) => {
    expect(parse("--b\r\n\r\nx\r\n--b--", type)).toMatchObject({ ok: false });
  });
});

describe("RFC 5621 §4.2 Mandatory Support for 'multipart' Message Bodies, GEN-47", () => {
  const nest = (depth: number): string =>
    depth === 0
      ? "\r\nx"
      : `Content-Type: multipart/mixed;boundary=b${depth}\r\n\r\n--b${depth}\r\n${nest(depth - 1)}\r\n--b${depth}--`;

  it("UAs MUST support nested body parts", () => {
    const parsed = parse(`--b\r\n${nest(2)}\r\n--b--`);
    expect(parsed).toMatchObject({
      ok: true,
      value: [{ parts: [{ parts: [{ contentType: "text/plain" }] }] }],
    });
  });

  it("depth, parts and header fields are bounded", () => {
    expect(parse(`--b\r\n${nest(4)}\r\n--b--`)).toMatchObject({
      ok: false,
      error: { rule: "multipart depth" },
    });
    const many = (count: number) => `${"--b\r\n\r\nx\r\n".repeat(count)}--b--`;
    expect(parse(many(64))).toMatchObject({ ok: true });
    expect(parse(many(65))).toMatchObject({ ok: false, error: { rule: "number of parts" } });
    const nestedMany = `--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n${many(10).replaceAll("--b", "--c")}\r\n--b--`;
    expect(parse(nestedMany, "multipart/mixed;boundary=b", { maxParts: 8 })).toMatchObject({ ok: false });
    expect(parse(`--b\r\n${"A: b\r\n".repeat(300)}\r\nx\r\n--b--`)).toMatchObject({
      error: { rule: "number of headers" },
    });
  });

  it("what is written can be read", () => {
    const parts = [
      { headers: HeaderList.of([["Content-Type", "text/plain"]]), body: bytes("hello\r\n") },
      { headers: HeaderList.of([]), body: bytes("\0\xff") },
    ];
    const parsed = parseMultipart(formatMultipart(parts, "b"), "multipart/mixed;boundary=b");
    expect(parsed.ok && parsed.value.map((part) => Buffer.from(part.body))).toEqual(
      parts.map((part) => part.body),
    );
  });
});
