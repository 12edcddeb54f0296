import { describe, expect, it } from "@jest/globals";
import {
  createRequest,
  createResponse,
  formatDate,
  formatMessage,
  formatNameAddr,
  formatParams,
  HeaderList,
  parseAuthChallenge,
  parseContactList,
  parseCredentials,
  parseDate,
  parseMediaType,
  parseNameAddr,
  parseParams,
  parseVia,
  quoteString,
  reasonPhraseOf,
  splitList,
  unquote,
} from "@heliograph/sip";
import { messageText, parsedRequest } from "./parsed.js";

const list = HeaderList.of([
  ["Via", "SIP/2.0/UDP a"],
  ["v", "SIP/2.0/UDP b, SIP/2.0/UDP c"],
  ["Subject", "x"],
  ["X-Unknown", " kept,  as is "],
]);

describe("RFC 3261 §7.3 Header Fields", () => {
  it("§7.3.3: a compact form is its long form, and case does not matter", () => {
    expect(list.get("VIA")).toBe("SIP/2.0/UDP a");
    expect(list.all("v")).toEqual(["SIP/2.0/UDP a", "SIP/2.0/UDP b, SIP/2.0/UDP c"]);
    expect(list.values("via")).toEqual(["SIP/2.0/UDP a", "SIP/2.0/UDP b", "SIP/2.0/UDP c"]);
    expect(list.has("s")).toBe(true);
    expect(list.get("x-UNKNOWN")).toBe(" kept,  as is ");
    expect(list.get("To")).toBeUndefined();
  });

  it("every change makes a new list and leaves the old one", () => {
    expect(list.append("A", "1").fields().at(-1)).toEqual(["A", "1"]);
    expect(list.prepend("A", "1").fields()[0]).toEqual(["A", "1"]);
    expect(list.set("Via", "z").fields()).toEqual([
      ["Via", "z"],
      ["Subject", "x"],
      ["X-Unknown", " kept,  as is "],
    ]);
    expect(list.set("New", "z").size).toBe(5);
    expect(list.replaceFirst("VIA", "z").fields().slice(0, 2)).toEqual([
      ["VIA", "z"],
      ["v", "SIP/2.0/UDP b, SIP/2.0/UDP c"],
    ]);
    expect(list.replaceFirst("New", "z").fields().at(-1)).toEqual(["New", "z"]);
    expect(list.without("v", "subject").fields()).toEqual([["X-Unknown", " kept,  as is "]]);
    expect(list.without("None")).toBe(list);
    expect(list.size).toBe(4);
  });

  it("§7.3.1: commas in quotes and brackets do not part a list; empty elements are none", () => {
    expect(splitList('"a,\\",b" <sip:c,d>, <sip:e>;x="1,2" ,,')).toEqual([
      '"a,\\",b" <sip:c,d>',
      '<sip:e>;x="1,2"',
    ]);
    expect(splitList("  ")).toEqual([]);
    expect(splitList('"never ends, ')).toEqual(['"never ends,']);
  });
});

describe("RFC 3261 §20.10 name-addr", () => {
  it.each([
    ["sip:a@b;tag=1", { display: undefined, uri: "sip:a@b" }, "1"],
    ["<sip:a@b;x=y>;tag=1", { display: undefined, uri: "sip:a@b;x=y" }, "1"],
    ['"A \\"B\\" \\\\" <sip:a@b> ; Tag = 1', { display: 'A "B" \\', uri: "sip:a@b" }, "1"],
    ['A B<sip:a@b>;x;tag="1;2"', { display: "A B", uri: "sip:a@b" }, "1;2"],
    ["Anne Müller <sip:a@b>", { display: "Anne Müller", uri: "sip:a@b" }, undefined],
    ['"" <sip:a@b>', { display: "", uri: "sip:a@b" }, undefined],
    ["sip:a@b", { display: undefined, uri: "sip:a@b" }, undefined],
  ])("%s is read", (text, parts, tag) => {
    const parsed = parseNameAddr(text);
    if (!parsed.ok) throw new Error(parsed.error.rule);
    expect({ display: parsed.value.display, uri: parsed.value.uri }).toEqual(parts);
    expect(parsed.value.params.get("TAG")).toBe(tag);
    expect(parsed.value.raw).toBe(text);
  });

  it("a Contact is a star or a list", () => {
    expect(parseContactList(" * ")).toEqual({ ok: true, value: "*" });
    expect(parseContactList("<sip:a@b>;q=0.5, sip:c@d;expires=0")).toMatchObject({
      value: [{ uri: "sip:a@b" }, { uri: "sip:c@d" }],
    });
    expect(parseContactList("<sip:a@b>, *")).toMatchObject({ ok: false });
  });

  it("is written with its display name quoted", () => {
    expect(formatNameAddr({ display: 'A "B"', uri: "sip:a@b" })).toBe('"A \\"B\\"" <sip:a@b>');
    expect(formatNameAddr({ display: undefined, uri: "sip:a@b" })).toBe("<sip:a@b>");
  });
});

describe("RFC 3261 §25.1 parameters and quoted strings", () => {
  it("a parameter is found without regard to case, with or without a value", () => {
    const params = parseParams(';A=1;b;c="x;\\"y";+sip.instance="<urn:uuid:1>"');
    if (!params.ok) throw new Error(params.error.rule);
    expect(params.value.get("a")).toBe("1");
    expect(params.value.get("B")).toBe("");
    expect(params.value.get("c")).toBe('x;"y');
    expect(params.value.get("+SIP.INSTANCE")).toBe("<urn:uuid:1>");
    expect(params.value.get("x")).toBeUndefined();
    expect(params.value.has("y")).toBe(false);
    expect([...params.value.entries()].map(([name]) => name)).toEqual(["A", "b", "c", "+sip.instance"]);
  });

  it.each([
    [";", 1],
    [";=x", 1],
    [";a=", 3],
    [';a="', 3],
    ["a", 0],
    [";a b", 3],
    [";a;;b", 3],
  ])("%s is malformed at %i", (text, offset) => {
    expect(parseParams(text)).toEqual({ ok: false, error: { rule: "generic-param", offset } });
  });

  it("what is written can be read", () => {
    expect(
      formatParams([
        ["a", undefined],
        ["b", '"c"'],
      ]),
    ).toBe(';a;b="c"');
    expect(unquote(quoteString('x"\\y'))).toBe('x"\\y');
    expect(quoteString("a\r\nb")).toBe('"a b"');
    expect(unquote("plain")).toBe("plain");
  });
});

describe("RFC 3261 §20.42 Via", () => {
  it("has transport, sent-by and parameters, whatever white space stands between", () => {
    expect(parseVia(" sip / 2.0 / udp  host.example : 5070 ; branch = z9hG4bK1 ;rport")).toMatchObject({
      value: { transport: "UDP", host: "host.example", port: 5070, branch: "z9hG4bK1" },
    });
  });
});

describe("RFC 3261 §20.7, §20.44 challenges and credentials", () => {
  it("are a scheme and parameters, quoted or not, with commas in quotes", () => {
    const parsed = parseCredentials(
      'Digest username="a,\\"b", realm="x" ,NC=00000001 , qop=auth, uri="sip:x"',
    );
    expect(parsed.ok && [...parsed.value.params]).toEqual([
      ["username", 'a,"b'],
      ["realm", "x"],
      ["nc", "00000001"],
      ["qop", "auth"],
      ["uri", "sip:x"],
    ]);
    expect(parseAuthChallenge("Digest")).toMatchObject({ ok: true, value: { scheme: "Digest" } });
    expect(parseAuthChallenge("Negotiate a=b==")).toMatchObject({ ok: true });
  });

  it.each([
    "",
    "Digest a",
    "Digest a=",
    'Digest a="',
    "Digest a=b c=d",
    "Digest a=b,",
    "Digest a=b, A=c",
    "Digest,a=b",
    `Digest ${Array.from({ length: 65 }, (_, at) => `a${at}=b`).join(",")}`,
  ])("%s is malformed", (text) => {
    expect(parseCredentials(text)).toMatchObject({ ok: false });
  });
});

describe("RFC 3261 §20.15 Content-Type, §20.17 Date", () => {
  it("a media type is read without regard to case", () => {
    const parsed = parseMediaType('Text / HTML ; charset="UTF-8"');
    expect(parsed).toMatchObject({ value: { type: "text", subtype: "html" } });
    expect(parsed.ok && parsed.value.params.get("charset")).toBe("UTF-8");
    for (const bad of ["", "text", "text/", "/x", "text/plain;", "text/plain x"])
      expect(parseMediaType(bad)).toMatchObject({ ok: false });
  });

  it("a date is in GMT and real", () => {
    expect(parseDate("Sat, 13 Nov 2010 23:29:00 GMT")).toEqual({
      ok: true,
      value: Date.UTC(2010, 10, 13, 23, 29),
    });
    expect(formatDate(Date.UTC(2010, 10, 13, 23, 29))).toBe("Sat, 13 Nov 2010 23:29:00 GMT");
    for (const bad of [
      "",
      "Sat, 13 Nov 2010 23:29:00 EST",
      "Sat, 31 Feb 2010 23:29:00 GMT",
      "Sat, 13 Nov 2010 25:29:00 GMT",
      "Xxx, 13 Nov 2010 23:29:00 GMT",
    ]) {
      expect(parseDate(bad)).toMatchObject({ ok: false });
    }
  });
});

describe("RFC 3261 §8.2.6 Generating the Response", () => {
  const request = parsedRequest(messageText({ Via: "SIP/2.0/UDP a, SIP/2.0/UDP b", Timestamp: "54" }));

  it("§8.2.6.2: From, Call-ID, CSeq and Via MUST equal those of the request, To gets a tag", () => {
    const response = createResponse(request, 202, { toTag: "t1", headers: [["Server", "x"]] });
    expect(response.headers.fields()).toEqual([
      ["Via", "SIP/2.0/UDP a, SIP/2.0/UDP b"],
      ["From", '"Alice" <sip:alice@example.com>;tag=a1'],
      ["To", "<sip:bob@example.com>;tag=t1"],
      ["Call-ID", "c1@192.0.2.1"],
      ["CSeq", "1 MESSAGE"],
      ["Server", "x"],
    ]);
    expect(response).toMatchObject({ status: 202, reason: "Accepted", to: { uri: "sip:bob@example.com" } });
    expect(response.to.params.get("tag")).toBe("t1");
  });

  it("§8.2.6.2: a To that has a tag keeps it", () => {
    const inDialog = parsedRequest(messageText({ To: "<sip:bob@example.com>;tag=old" }));
    expect(createResponse(inDialog, 200, { toTag: "new" }).headers.get("To")).toBe(
      "<sip:bob@example.com>;tag=old",
    );
  });

  it("§8.2.6.1: a 100 copies Timestamp", () => {
    expect(createResponse(request, 100).headers.get("Timestamp")).toBe("54");
    expect(createResponse(request, 200).headers.has("Timestamp")).toBe(false);
  });

  it("§21: every status has words", () => {
    expect([200, 404, 299, 499, 699].map(reasonPhraseOf)).toEqual([
      "OK",
      "Not Found",
      "OK",
      "Request Failure",
      "Global Failure",
    ]);
  });
});

describe("RFC 3261 §20.14 Content-Length is written by us", () => {
  it("whatever the fields say", () => {
    const request = createRequest({
      method: "MESSAGE",
      requestUri: "sip:b@x",
      headers: [
        ["l", "999"],
        ["Subject", "é"],
      ],
      body: Buffer.from("äh"),
    });
    expect(Buffer.from(formatMessage(request)).toString()).toBe(
      "MESSAGE sip:b@x SIP/2.0\r\nSubject: é\r\nContent-Length: 3\r\n\r\näh",
    );
  });

  it("also for heads larger than the usual", () => {
    const value = "é".repeat(20_000);
    const request = createRequest({ method: "A", requestUri: "sip:b@x", headers: [["X", value]] });
    expect(Buffer.from(formatMessage(request)).toString()).toContain(`X: ${value}\r\n`);
  });

  it("a message that we composed wrongly throws when it is read", () => {
    const request = createRequest({ method: "A", requestUri: "sip:", headers: [["From", "<"]] });
    expect(() => request.from).toThrow(/our own message has a bad from/);
    expect(() => request.uri).toThrow(/Request-URI/);
  });
});
