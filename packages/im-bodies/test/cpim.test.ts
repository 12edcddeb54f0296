import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import {
  addImdnRecordRoute,
  type CpimMessage,
  cpimNamespace,
  escapeCpimText,
  formatCpim,
  formatCpimAddress,
  imdnMessageIdOf,
  imdnNamespace,
  imdnRoutesOf,
  isSigned,
  parseCpim,
  parseCpimAddress,
  popImdnRoute,
  requestedDispositions,
  unescapeCpimText,
  unmetRequirementOf,
} from "../src/index.js";

const octets = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const lines = (...all: string[]) => all.join("\r\n");

function read(message: string): CpimMessage {
  const parsed = parseCpim(octets(message));
  if (!parsed.ok) throw new Error(`${parsed.error.rule} at ${parsed.error.offset}`);
  return parsed.value;
}

const example51 = lines(
  "From: MR SANDERS <im:piglet@100akerwood.com>",
  "To: Depressed Donkey <im:eeyore@100akerwood.com>",
  "DateTime: 2000-12-13T13:40:00-08:00",
  "Subject: the weather will be fine today",
  "Subject:;lang=fr beau temps prevu pour aujourd'hui",
  "NS: MyFeatures <mid:MessageFeatures@id.foo.com>",
  "Require: MyFeatures.VitalMessageOption",
  "MyFeatures.VitalMessageOption: Confirmation-requested",
  "MyFeatures.WackyMessageOption: Use-silly-font",
  "",
  "Content-type: text/xml; charset=utf-8",
  "Content-ID: <1234567890@foo.com>",
  "",
  "<body>",
  "Here is the text of my message.",
  "</body>",
);

describe("RFC 3862 §5.1 An Example Message/CPIM Message", () => {
  const message = read(example51);

  it("reads headers, parameters, namespaces and content", () => {
    expect(message.get("From")).toBe("MR SANDERS <im:piglet@100akerwood.com>");
    expect(message.all("Subject").map(({ params, value }) => [params, value])).toEqual([
      ["", "the weather will be fine today"],
      [";lang=fr", "beau temps prevu pour aujourd'hui"],
    ]);
    expect(message.get("WackyMessageOption", "mid:MessageFeatures@id.foo.com")).toBe("Use-silly-font");
    expect(message.contentHeader("content-type")).toBe("text/xml; charset=utf-8");
    expect(text(message.content)).toBe("<body>\r\nHere is the text of my message.\r\n</body>");
  });

  it("keeps the octets of every header", () => {
    const rebuilt = message.headers
      .map(({ start, end }) => text(message.octets.subarray(start, end)))
      .join("");
    expect(`${rebuilt}\r\n`).toBe(example51.slice(0, example51.indexOf("Content-type")));
  });
});

describe("RFC 3862 §2.2 Message Headers", () => {
  it("takes header names exactly: From is not from", () => {
    expect(read("from: x\r\n\r\n\r\n").get("From")).toBeUndefined();
  });

  it("reads UTF-8 and counts offsets in octets", () => {
    const message = read("Subject: é€😀\r\nTo: <im:a@b>\r\n\r\nContent-Type: text/plain\r\n\r\nü");
    const to = message.headers[1];
    expect(to && text(message.octets.subarray(to.start, to.end))).toBe("To: <im:a@b>\r\n");
    expect(text(message.content)).toBe("ü");
  });

  it.each([
    ["no blank line at all", "From: <im:a@b>\r\n", "blank line after the headers"],
    ["a line without a colon", "From\r\n\r\n\r\n", "header name"],
    ["a folded header", "Subject: a\r\n b\r\n\r\n\r\n", "header name"],
    ["a control character", "Subject: a\tb\r\n\r\n\r\n", "control character"],
    ["a separator in a name", "a(b): c\r\n\r\n\r\n", "header name"],
    ["two dots in a name", "a.b.c: d\r\n\r\n\r\n", "header name"],
    ["an NS without URI", "NS: imdn\r\n\r\n\r\n", "NS"],
    ["a content header without a colon", "From: <im:a@b>\r\n\r\nhello\r\n\r\n", "content header name"],
    ["an empty body", "", "blank line after the headers"],
  ])("refuses %s", (_, message, rule) => {
    expect(parseCpim(octets(message))).toMatchObject({ ok: false, error: { rule } });
  });

  it("refuses what is not UTF-8, and says where", () => {
    const message = new Uint8Array([...octets("To: x\r\nSubject: "), 0xff, 13, 10, 13, 10]);
    expect(parseCpim(message)).toEqual({ ok: false, error: { rule: "utf-8", offset: 7 } });
  });

  it("bounds the size and the number of headers", () => {
    expect(parseCpim(octets(`Subject: ${"x".repeat(20_000)}\r\n\r\n\r\n`))).toMatchObject({
      error: { rule: "size of the headers" },
    });
    expect(parseCpim(octets("x".repeat(20_000)))).toMatchObject({ error: { rule: "size of the headers" } });
    expect(parseCpim(octets(`${"A: b\r\n".repeat(129)}\r\n\r\n`))).toMatchObject({
      error: { rule: "number of headers" },
    });
  });

  it("forgives a bare LF and a missing blank after the colon", () => {
    const message = read("From:<im:a@b>\nTo: <im:c@d>\n\nContent-Type: text/plain\n\nhi");
    expect(message.get("From")).toBe("<im:a@b>");
    expect(text(message.content)).toBe("hi");
  });

  it("unfolds MIME headers of the content", () => {
    const message = read('To: <im:a@b>\r\n\r\nContent-Type: multipart/mixed;\r\n  boundary="x"\r\n\r\n');
    expect(message.contentHeader("Content-Type")).toBe('multipart/mixed; boundary="x"');
  });
});

describe("RFC 3862 §2.3 Character Escape Mechanism", () => {
  it("recognises every sequence", () => {
    expect(unescapeCpimText(String.raw`\\ \" \' \b\t\n\r \u00e9 \x end\ `.trimEnd())).toBe(
      `\\ " ' \b\t\n\r é x end`,
    );
  });

  it("writes control characters and backslashes in their prescribed form, and nothing else", () => {
    expect(escapeCpimText('a\\b\t"é\x01\x7f\u0085')).toBe(String.raw`a\\b\t"é\u0001\u007f` + "\u0085");
  });

  it("gives back any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (any) =>
        expect(unescapeCpimText(escapeCpimText(any))).toBe(any),
      ),
    );
  });
});

describe("RFC 3862 §3.4 Namespaces", () => {
  const asking = (...headers: string[]) => read(lines(...headers, "", "Content-Type: text/plain", "", "hi"));

  it("RFC 5438 §6.1: any prefix is accepted for the IMDN namespace", () => {
    for (const prefix of ["imdn", "x", "notify-me"]) {
      const message = asking(`NS: ${prefix} <${imdnNamespace}>`, `${prefix}.Message-ID: 34jk324j`);
      expect(imdnMessageIdOf(message)).toBe("34jk324j");
    }
  });

  it("an NS without prefix changes the default for what follows it", () => {
    const message = asking(`From: <im:a@b>`, `NS: <${imdnNamespace}>`, "Message-ID: m1");
    expect(imdnMessageIdOf(message)).toBe("m1");
    expect(message.get("From")).toBe("<im:a@b>");
    expect(message.headers.map(({ namespace }) => namespace)).toEqual([
      cpimNamespace,
      cpimNamespace,
      imdnNamespace,
    ]);
  });

  it("a prefix means nothing before its declaration, and the same name elsewhere is another header", () => {
    expect(imdnMessageIdOf(asking("x.Message-ID: m1", `NS: x <${imdnNamespace}>`))).toBeUndefined();
    expect(imdnMessageIdOf(asking("NS: imdn <urn:other>", "imdn.Message-ID: m1"))).toBeUndefined();
  });

  it("takes the imdn prefix without a declaration, as liblinphone's IMDNs have it", () => {
    expect(imdnMessageIdOf(asking("imdn.Message-ID: m1"))).toBe("m1");
  });
});

describe("MS-54 RFC 3862 §4.7 Require", () => {
  const demanding = (...headers: string[]) =>
    read(lines(...headers, "", "Content-Type: text/plain", "", "hello"));

  it("names what has to be understood and is not", () => {
    expect(unmetRequirementOf(read(example51))).toBe("MyFeatures.VitalMessageOption");
    expect(unmetRequirementOf(demanding("Require: Subject, Colour"))).toBe("Colour");
    expect(unmetRequirementOf(demanding("Require: From", "Require: cc, from"))).toBe("from");
  });

  it("is content with the headers of the document and of IMDN under any prefix", () => {
    const ns = `NS: note <${imdnNamespace}>`;
    expect(unmetRequirementOf(demanding("Require: From, To, DateTime, Subject"))).toBeUndefined();
    expect(unmetRequirementOf(demanding(ns, "Require: note.Message-ID"))).toBeUndefined();
    expect(unmetRequirementOf(demanding("Require: imdn.Message-ID"))).toBeUndefined();
    expect(unmetRequirementOf(demanding("Require: note.Message-ID"))).toBe("note.Message-ID");
  });

  it("passes over what nothing demands", () => {
    expect(unmetRequirementOf(demanding("Colour: green"))).toBeUndefined();
  });
});

describe("RFC 5438 §10 Disposition-Notification", () => {
  const asked = (value: string) => [
    ...requestedDispositions(read(`imdn.Disposition-Notification: ${value}\r\n\r\n\r\n`)),
  ];

  it("reads the list, with parameters and blanks, and ignores what it does not know", () => {
    expect(asked("positive-delivery, display;x=1 , new-kind,processing,negative-delivery")).toEqual([
      "positive-delivery",
      "display",
      "processing",
      "negative-delivery",
    ]);
    expect(asked("")).toEqual([]);
  });

  it("RFC 5234 §2.3 reads the words in any case of letters", () => {
    expect(asked("Display, POSITIVE-delivery")).toEqual(["display", "positive-delivery"]);
  });

  it("asks for nothing without the header", () => {
    expect(requestedDispositions(read(example51)).size).toBe(0);
  });
});

describe("message/cpim, written", () => {
  it("is read back with the same headers and content", () => {
    const value = fc
      .string({ unit: "grapheme", maxLength: 20 })
      .map((s) => escapeCpimText(s).replace(/\p{Cs}/gu, ""));
    const name = fc
      .stringMatching(/^[A-Za-z][A-Za-z-]{0,9}$/)
      .filter((n) => n !== "NS" && !/^content/i.test(n));
    const headers = fc.array(fc.record({ name, value }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(headers, fc.uint8Array({ maxLength: 64 }), (wanted, content) => {
        const parsed = parseCpim(
          formatCpim({ headers: wanted, contentHeaders: [["Content-Type", "text/plain"]], content }),
        );
        if (!parsed.ok) throw new Error(parsed.error.rule);
        expect(parsed.value.headers.map((header) => ({ name: header.name, value: header.value }))).toEqual(
          wanted,
        );
        expect(parsed.value.content).toEqual(content);
      }),
    );
  });

  it("cannot be made to hold a second header by a value", () => {
    const content = new Uint8Array();
    expect(() =>
      formatCpim({ headers: [{ name: "To", value: "a\r\nFrom: b" }], contentHeaders: [], content }),
    ).toThrow(TypeError);
    expect(() =>
      formatCpim({ headers: [{ name: "To: a\r\nFrom", value: "b" }], contentHeaders: [], content }),
    ).toThrow(TypeError);
  });
});

describe("RFC 3862 §4.1 addresses", () => {
  it.each([
    ["<im:tigger@100akerwood.com>", "", "im:tigger@100akerwood.com"],
    ["Winnie the Pooh <im:pooh@100akerwood.com>", "Winnie the Pooh", "im:pooh@100akerwood.com"],
    [String.raw`"A \"B\" <C>" <sip:a@b>`, 'A "B" <C>', "sip:a@b"],
  ])("reads %s", (value, formalName, uri) => {
    expect(parseCpimAddress(value)).toEqual({ formalName, uri });
  });

  it("knows what is none, and writes none", () => {
    expect(parseCpimAddress("im:a@b")).toBeUndefined();
    expect(parseCpimAddress("<>")).toBeUndefined();
    expect(() => formatCpimAddress({ formalName: "", uri: "sip:a@b>\r\nX: <" })).toThrow(TypeError);
    expect(formatCpimAddress({ formalName: 'B "the" B', uri: "sip:a@b" })).toBe(
      String.raw`"B \"the\" B" <sip:a@b>`,
    );
  });
});

describe("PF-45 DF-45 RFC 5438 §8 IMDN-Record-Route", () => {
  const us = "sip:im@b.example";
  const added = (message: string) => {
    const result = addImdnRecordRoute(read(message), us);
    return result.ok ? text(result.value) : result.error.rule;
  };
  const content = lines("", "Content-Type: text/plain", "", "hi \0 there");

  it("is added as the top one, and every other octet stays", () => {
    const before = lines(
      `NS: x <${imdnNamespace}>`,
      "x.Message-ID: m",
      "x.IMDN-Record-Route: <sip:first>",
      "Subject: é",
      content,
    );
    expect(added(before)).toBe(
      before.replace("x.IMDN-Record-Route", `x.IMDN-Record-Route: <${us}>\r\nx.IMDN-Record-Route`),
    );
  });

  it("is added at the end where there was none, under the prefix that the message declares", () => {
    const before = lines(`NS: x <${imdnNamespace}>`, "x.Message-ID: m", "");
    expect(added(before + content)).toBe(`${before}x.IMDN-Record-Route: <${us}>\r\n${content}`);
  });

  it("brings its declaration where the message has none, with a prefix that is free", () => {
    const before = lines("NS: imdn <urn:other>", "imdn.Message-ID: m", "");
    expect(added(before + content)).toBe(
      `${before}NS: imdn1 <${imdnNamespace}>\r\nimdn1.IMDN-Record-Route: <${us}>\r\n${content}`,
    );
  });

  it("works under a default namespace, too", () => {
    const before = lines(`NS: <${imdnNamespace}>`, "Message-ID: m", "");
    expect(added(before + content)).toBe(`${before}IMDN-Record-Route: <${us}>\r\n${content}`);
  });

  it.each([
    ["multipart/signed; boundary=next", true],
    ["application/pkcs7-mime; smime-type=signed-data", true],
    ["application/pkcs7-mime; smime-type=enveloped-data", false],
    ["text/plain", false],
  ])("RFC 5438 §14.1: content of type %s is signed: %s", (contentType, expected) => {
    const message = read(lines("To: <im:a@b>", "", `Content-Type: ${contentType}`, "", ""));
    expect(isSigned(message)).toBe(expected);
    expect(addImdnRecordRoute(message, us).ok).toBe(!expected);
    expect(popImdnRoute(message).ok).toBe(!expected);
  });

  it("IMDN-Route: ours is popped, the next one is found, and every other octet stays", () => {
    const before = lines(
      `NS: i <${imdnNamespace}>`,
      `i.IMDN-Route: <${us}>`,
      "i.IMDN-Route: Next <sip:cf>",
      "To: <sip:a>",
      content,
    );
    expect(imdnRoutesOf(read(before))).toEqual([us, "sip:cf"]);
    const popped = popImdnRoute(read(before));
    expect(popped.ok && text(popped.value)).toBe(before.replace(`i.IMDN-Route: <${us}>\r\n`, ""));
  });

  it("adding for any message leaves the rest as it was", () => {
    const header = fc.constantFrom(
      "Subject: é",
      "NS: imdn <urn:x>",
      `NS: q <${imdnNamespace}>`,
      "q.IMDN-Record-Route: <sip:z>",
      "To: <im:a@b>",
    );
    fc.assert(
      fc.property(fc.array(header, { minLength: 1, maxLength: 6 }), fc.uint8Array(), (headers, body) => {
        const before = new Uint8Array([
          ...octets(`${headers.join("\r\n")}\r\n\r\nContent-Type: x/y\r\n\r\n`),
          ...body,
        ]);
        const parsed = parseCpim(before);
        const result = parsed.ok && addImdnRecordRoute(parsed.value, us);
        if (!result || !result.ok) throw new Error("not added");
        const again = parseCpim(result.value);
        if (!again.ok) throw new Error("not read back");
        const routes = again.value.all("IMDN-Record-Route", imdnNamespace);
        expect(routes[0]?.value).toBe(`<${us}>`);
        expect(again.value.content).toEqual(body);
        const kept = [...again.value.headers].filter(
          (h) => h !== routes[0] && !(h.name === "NS" && h.end === routes[0]?.start),
        );
        expect(kept.length).toBeGreaterThanOrEqual(headers.length - 1);
      }),
    );
  });
});

describe("parseCpim, whatever it is given", () => {
  it("never throws", () => {
    const seed = octets(example51);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (any) => typeof parseCpim(any).ok === "boolean"),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(seed.length - 1), fc.nat(255)), { maxLength: 8 }), (changes) => {
        const mutated = seed.slice();
        for (const [at, octet] of changes) mutated[at] = octet;
        const parsed = parseCpim(mutated);
        if (parsed.ok) addImdnRecordRoute(parsed.value, "sip:x@y");
      }),
    );
  });
});
