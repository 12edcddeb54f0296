import { describe, expect, it } from "@jest/globals";
import { formatMessage, parseMessage, type SipResponse } from "@heliograph/sip";
import { malformed, messageText, parsedRequest, parsedResponse, toBytes } from "./parsed.js";

describe("RFC 3261 §7 SIP Messages", () => {
  it("§7.1: a request has a method, a Request-URI, fields in order and a body", () => {
    const request = parsedRequest(messageText({ "X-First": "1", "x-FIRST": "2" }, "hello"));
    expect(request).toMatchObject({
      kind: "request",
      method: "MESSAGE",
      requestUri: "sip:bob@example.com",
      maxForwards: 70,
    });
    expect(request.uri).toMatchObject({ scheme: "sip", user: "bob", host: "example.com" });
    expect(request.headers.fields().slice(-2)).toEqual([
      ["X-First", "1"],
      ["x-FIRST", "2"],
    ]);
    expect(Buffer.from(request.body).toString()).toBe("hello");
  });

  it("§7.1: the version is read without regard to case and written in upper case", () => {
    const request = parsedRequest(messageText().replace("SIP/2.0", "sip/2.0"));
    expect(Buffer.from(formatMessage(request)).toString()).toMatch(
      /^MESSAGE sip:bob@example\.com SIP\/2\.0\r\n/,
    );
  });

  it("§7.2: a response has a status and a reason", () => {
    const response = parsedResponse(messageText().replace(/^.*/, "SIP/2.0 486 Busy Here"));
    expect(response).toMatchObject({ kind: "response", status: 486, reason: "Busy Here" });
    expect(parsedResponse(messageText().replace(/^.*/, "SIP/2.0 486")).reason).toBe("");
  });

  it.each([
    "SIP/2.0 099 x",
    "SIP/2.0 700 x",
    "SIP/2.0 20 x",
    "SIP/2.0 2000 x",
    "SIP/2.0  200 OK",
    "SIP/2.0 200OK",
    "SIP/2.0",
  ])("§7.2: %s is malformed and has no answer", (line) => {
    const error = malformed(messageText().replace(/^.*/, line));
    expect(error).toMatchObject({ rule: "Status-Code" });
    expect(error.answerable).toBeUndefined();
  });

  it.each([
    ["a", "Accept-Contact"],
    ["b", "Referred-By"],
    ["c", "Content-Type"],
    ["d", "Request-Disposition"],
    ["e", "Content-Encoding"],
    ["f", "From"],
    ["i", "Call-ID"],
    ["j", "Reject-Contact"],
    ["k", "Supported"],
    ["l", "Content-Length"],
    ["m", "Contact"],
    ["o", "Event"],
    ["r", "Refer-To"],
    ["s", "Subject"],
    ["t", "To"],
    ["u", "Allow-Events"],
    ["v", "Via"],
    ["x", "Session-Expires"],
    ["y", "Identity"],
  ])("§7.3.3: MUST accept the compact form %s of %s", (compact, long) => {
    const text =
      "MESSAGE sip:b@x.org SIP/2.0\r\n" +
      `v: SIP/2.0/UDP x\r\nf: <sip:a@x.org>\r\nt: <sip:b@x.org>\r\ni: 1\r\nCSeq: 1 MESSAGE\r\nl: 0\r\n`;
    const extra = "vftil".includes(compact) ? "" : `${compact.toUpperCase()}: <sip:v@x.org>\r\n`;
    const request = parsedRequest(`${text}${extra}\r\n`);
    expect(request.headers.has(long)).toBe(true);
    expect(request.headers.get(long)).toBe(request.headers.get(compact));
  });

  it("§7.3.1: a field may go on in lines that begin with white space, and a tab is white space", () => {
    const request = parsedRequest(messageText({ Subject: "I know\r\n you're\r\n\tthere", "X-Empty": "" }));
    expect(request.headers.get("Subject")).toBe("I know you're there");
    expect(request.headers.get("x-empty")).toBe("");
  });

  it("§7.3.1: fields of one name, and commas within one, make one list in order", () => {
    const text = messageText({ Route: "<sip:a;lr>, <sip:b,c@d>" }).replace(
      "\r\n\r\n",
      '\r\nROUTE: "x, \\"y" <sip:e>\r\n\r\n',
    );
    expect(parsedRequest(text).headers.values("route")).toEqual([
      "<sip:a;lr>",
      "<sip:b,c@d>",
      '"x, \\"y" <sip:e>',
    ]);
  });

  it("§7.5: MUST ignore any CRLF before the start-line", () => {
    expect(parsedRequest(`\r\n\r\n${messageText({ "Content-Length": "0" })}`, "stream").method).toBe(
      "MESSAGE",
    );
  });

  it("§25.1: white space may stand before a colon", () => {
    expect(parsedRequest(messageText().replace("To:", "To \t :")).to.uri).toBe("sip:bob@example.com");
  });

  it("§20.22: Max-Forwards above 255 reads as absent", () => {
    expect(parsedRequest(messageText({ "Max-Forwards": "256" })).maxForwards).toBeUndefined();
    expect(parsedRequest(messageText({ "Max-Forwards": "255" })).maxForwards).toBe(255);
  });

  it("reads a head with UTF-8 whose Via values are read one by one before its From", () => {
    const via = `SIP/2.0/UDP a;branch=z9hG4bK1;x="${"é".repeat(500)}", SIP/2.0/UDP b`;
    const from = '"Жанна" <sip:z@example.com>;tag=z1';
    const text = messageText({ Via: via, From: from }).replace(
      /(Via: .*\r\n)([^]*?)(\r\n\r\n)/,
      "$2\r\n$1\r\n",
    );
    const request = parsedRequest(text);
    expect(request.via).toMatchObject({ host: "a", branch: "z9hG4bK1" });
    expect(request.from).toMatchObject({ display: "Жанна", uri: "sip:z@example.com", raw: from });
    expect(request.cseq.method).toBe("MESSAGE");
  });

  it("keeps UTF-8 in fields, and counts characters and bytes apart", () => {
    const request = parsedRequest(
      messageText({ From: '"Жанна 😀" <sip:z@example.com>;tag=z1', Subject: "Grüße 😀" }, "тело"),
    );
    expect(request.from).toMatchObject({ display: "Жанна 😀", uri: "sip:z@example.com" });
    expect(request.headers.get("Subject")).toBe("Grüße 😀");
    expect(Buffer.from(request.body).toString()).toBe("тело");
  });

  it("gives the body as a view of the bytes", () => {
    const bytes = toBytes(messageText({}, "hello"));
    expect(parsedRequest(bytes).body.buffer).toBe(bytes.buffer);
  });

  it("reads plain Uint8Arrays too, as a browser has them", () => {
    const parsed = parseMessage(new TextEncoder().encode(messageText({ Subject: "é" }, "é")), {
      framing: "websocket",
    });
    expect(parsed.ok && parsed.value.headers.get("subject")).toBe("é");
  });
});

describe("RFC 3261 §8.1.1 what a message must have", () => {
  it.each(["Via", "From", "To", "Call-ID", "CSeq"])("without %s it is answered with 400", (name) => {
    expect(malformed(messageText({ [name]: undefined }))).toMatchObject({
      status: 400,
      header: name.toLowerCase(),
      reason: `Missing ${name} Header Field`,
    });
  });

  it.each(["From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length", "Content-Type", "Expires"])(
    "two %s fields are answered with 400",
    (name) => {
      const value =
        { From: "<sip:a@b>", To: "<sip:a@b>", "Call-ID": "1", CSeq: "1 MESSAGE", "Content-Type": "a/b" }[
          name
        ] ?? "0";
      const text = messageText({ [name]: value }).replace(
        "\r\n\r\n",
        `\r\n${name.toUpperCase()}: ${value}\r\n\r\n`,
      );
      expect(malformed(text)).toMatchObject({
        status: 400,
        rule: "single value",
        answerable: { method: "MESSAGE" },
      });
    },
  );

  it.each([
    ["From", "<sip:a@b"],
    ["From", '"Al <sip:a@b>'],
    ["From", ""],
    ["From", "alice"],
    ["From", "<>"],
    ["From", "<sip:a@b>;"],
    ["From", "<sip:a@b>;tag="],
    ["From", "<sip:a@b> x"],
    ["From", '<sip:a@b>;tag="x'],
    ["From", "sip:a@b, sip:c@d"],
    ["To", "sip:a@b?x=y"],
    ["To", "<sip:a b@c>"],
    ["To", "<sip:a@b>, <sip:c@d>"],
    ["To", "a@b <sip:c@d>"],
    ["CSeq", "2147483648 MESSAGE"],
    ["CSeq", "-1 MESSAGE"],
    ["CSeq", "1"],
    ["CSeq", "MESSAGE"],
    ["CSeq", "1MESSAGE"],
    ["CSeq", "1 MESSAGE x"],
    ["CSeq", "1e3 MESSAGE"],
    ["CSeq", `${"9".repeat(400)} MESSAGE`],
    ["Via", "SIP/2.0/UDP"],
    ["Via", "SIP/2.0/UDP x:"],
    ["Via", "SIP/2.0/UDP x:65536"],
    ["Via", "SIP/2.0/UDPx"],
    ["Via", "UDP x"],
    ["Via", "SIP/2.0/UDP [::1"],
    ["Via", "SIP/2.0/UDP x;branch=;"],
    ["Via", "SIP/2.0/UDP x, SIP/2.0/UDP"],
    ["Via", ""],
    ["Via", "SIP/2.0/UDP x:99999999999999999999"],
    ["Via", "SIP/1.0/UDP x"],
    ["Call-ID", ""],
    ["Call-ID", "a b"],
    ["Call-ID", "é"],
    ["Max-Forwards", "x"],
    ["Max-Forwards", ""],
    ["Max-Forwards", "-1"],
    ["Contact", "<sip:a@b>, <"],
    ["Contact", "sip:a@b?c=d"],
  ])("%s: %s is answered with 400", (name, value) => {
    expect(malformed(messageText({ [name]: value }))).toMatchObject({
      status: 400,
      header: name.toLowerCase(),
    });
  });

  it("names the offset at which a field breaks its rule", () => {
    const text = messageText({ From: '"Alice" <sip:a ice@example.com>;tag=1' });
    expect(malformed(text)).toMatchObject({ rule: "addr-spec", offset: text.indexOf(" ice@") });
  });

  it("names the offset also where the field is folded or the head has UTF-8 before", () => {
    expect(malformed(messageText({ Subject: "é", CSeq: "x" })).offset).toBe(
      messageText({ Subject: "é", CSeq: "x" }).indexOf("x\r\n", 150),
    );
    expect(malformed(messageText({ CSeq: "1\r\n" }))).toMatchObject({ rule: expect.any(String) });
  });

  it.each([
    "MESSAGE sip:b@x",
    "MESSAGE  sip:b@x SIP/2.0",
    "MESSAGE SIP/2.0",
    "sip:b@x",
    "ME SSAGE sip:b@x SIP/2.0",
    "M\u00c9 sip:b@x SIP/2.0",
    "MESSAGE sip: SIP/2.0",
    "MESSAGE sip:@x SIP/2.0",
    "MESSAGE b SIP/2.0",
    "MESSAGE sip:b@ SIP/2.0",
    "MESSAGE sip:b@x:y SIP/2.0",
    "MESSAGE sip:b%4@x SIP/2.0",
    "MESSAGE sip:b@x;;lr SIP/2.0",
    "MESSAGE tel:x SIP/2.0",
    "MESSAGE sip:b@x SIP/2.0 ",
    "MESSAGE sip:b@x HTTP/1.1",
  ])("the start line %s is answered with 400", (line) => {
    expect(malformed(messageText().replace(/^.*/, line))).toMatchObject({ status: 400 });
  });

  it.each(["SIP/1.0", "SIP/3.0", "SIP/2.1", "SIP/12.34"])("version %s is answered with 505", (version) => {
    expect(malformed(messageText().replace("SIP/2.0", version))).toMatchObject({
      status: 505,
      answerable: { method: "MESSAGE" },
    });
  });
});

describe("RFC 3261 §18.3 Framing of a datagram and of a WebSocket message", () => {
  it("MUST discard bytes after the body", () => {
    expect(Buffer.from(parsedRequest(messageText({ "Content-Length": "2" }, "hello")).body).toString()).toBe(
      "he",
    );
  });

  it("a body that is shorter than Content-Length SHOULD be answered with 400", () => {
    expect(malformed(messageText({ "Content-Length": "6" }, "hello"))).toMatchObject({
      status: 400,
      header: "content-length",
    });
  });

  it.each(["-1", "+1", "1.0", "0x1", "", "1 1", "1,1", "one"])(
    "Content-Length: %s is answered with 400",
    (value) => {
      expect(malformed(messageText({ "Content-Length": value }, "hello"))).toMatchObject({
        status: 400,
        rule: "1*DIGIT",
      });
    },
  );

  it.each(["4294967296", "18446744073709551616", "9".repeat(1000)])(
    "a huge Content-Length is answered with 413",
    (value) => {
      expect(malformed(messageText({ "Content-Length": value }))).toMatchObject({
        status: 413,
        rule: "body size",
      });
    },
  );

  it("GEN-42: over WebSocket Content-Length may be missing; over a stream it MUST be there", () => {
    expect(parsedRequest(messageText({}, "hello"), "websocket").body).toHaveLength(5);
    expect(malformed(messageText({}, "hello"), "stream")).toMatchObject({
      status: 400,
      header: "content-length",
    });
  });
});

describe("bad bytes in a message", () => {
  it.each([
    ["NUL in a field", { Subject: "a\0b" }, "control character"],
    ["NUL in a quoted string", { From: '"a\0" <sip:a@b>;tag=1' }, "control character"],
    ["ESC in a field", { Subject: "\x1b[2J" }, "control character"],
    ["DEL in a field", { Subject: "\x7f" }, "control character"],
    ["an escaped NUL outside a quoted string", { Subject: "\\\0" }, "control character"],
    ["a lone LF", { Subject: "a\nX-Evil: 1" }, "CRLF"],
    ["a lone CR", { Subject: "a\rX-Evil: 1" }, "CRLF"],
    ["an escaped line break", { From: '"\\\r\n" <sip:a@b>' }, "display-name"],
    ["a name with a space", { "Sub ject": "x" }, "header-name"],
    ["a name with UTF-8", { Sübject: "x" }, "header-name"],
    ["no name", { "": "x" }, "header-name"],
  ])("%s is answered with 400", (_, fields: Record<string, string>, rule) => {
    const error = malformed(messageText(fields));
    expect(error).toMatchObject({ status: 400 });
    if (rule !== "display-name") expect(error.rule).toBe(rule);
  });

  it("a line without a colon is answered with 400", () => {
    expect(malformed(messageText().replace("\r\n\r\n", "\r\nnonsense\r\n\r\n"))).toMatchObject({
      status: 400,
      rule: "header-name",
    });
  });

  it("bad UTF-8 is answered with 400", () => {
    const bytes = Buffer.from(messageText({ Subject: "\u00ff\u00fe" }), "latin1");
    expect(malformed(bytes)).toMatchObject({ status: 400, rule: "UTF-8", answerable: { method: "MESSAGE" } });
  });

  it("a body may have any bytes", () => {
    const bytes = Buffer.concat([toBytes(messageText()), Buffer.from([0, 0xff, 0xc0, 13, 10, 13, 10])]);
    expect([...parsedRequest(bytes).body]).toEqual([0, 0xff, 0xc0, 13, 10, 13, 10]);
  });

  it.each([
    ["nothing", ""],
    ["line breaks alone", "\r\n\r\n"],
    ["half a line", "MESS"],
    ["no empty line", messageText().slice(0, -2)],
  ])("%s is malformed", (_, text) => {
    expect(malformed(text)).toMatchObject({ status: 400 });
  });
});

describe("limits of a message", () => {
  it.each([
    ["too large a message", { maxMessageBytes: 100 }, 513],
    ["too large a head", { maxHeaderBytes: 100 }, 513],
    ["too many fields", { maxHeaders: 5 }, 513],
    ["too long a line", { maxLineBytes: 20 }, 513],
    ["too large a body", { maxBodyBytes: 4 }, 413],
  ])("%s is answered with its status, not held", (_, limits, status) => {
    expect(malformed(messageText({}, "hello"), "datagram", limits)).toMatchObject({ status });
  });

  it("a header bomb is refused before it is taken apart", () => {
    expect(malformed(messageText().replace("\r\n\r\n", `\r\n${"a:\r\n".repeat(20_000)}\r\n`))).toMatchObject({
      status: 513,
    });
    expect(malformed(messageText({ Via: `SIP/2.0/UDP x${";a".repeat(20_000)}` }))).toMatchObject({
      status: 513,
    });
    expect(malformed(messageText({ Subject: "x\r\n ".repeat(20_000) }))).toMatchObject({ status: 513 });
  });

  it("a long run of white space or of parameters takes time in proportion to its length", () => {
    const start = performance.now();
    for (const value of [
      `a${" ".repeat(16_000)}b`,
      ";".repeat(16_000),
      '"\\'.repeat(8000),
      "<".repeat(16_000),
      ",".repeat(16_000),
    ]) {
      parseMessage(toBytes(messageText({ Subject: value, Contact: value, Via: value })), {
        framing: "datagram",
      });
    }
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe("RFC 3261 §17.1.1.3 and §8.2.6: what can be answered", () => {
  it("a malformed ACK and a malformed response have no answer", () => {
    const ack = messageText({ CSeq: "x ACK" }).replace("MESSAGE", "ACK");
    expect(malformed(ack).answerable).toBeUndefined();
    expect(malformed(messageText({ CSeq: "x" }).replace(/^.*/, "SIP/2.0 200 OK")).answerable).toBeUndefined();
  });

  it("a request without a readable Via has no answer", () => {
    expect(malformed(messageText({ Via: "SIP/2.0/UDP" })).answerable).toBeUndefined();
    expect(malformed(messageText({ Via: undefined })).answerable).toBeUndefined();
  });

  it("no accessor of an answerable request throws, whatever is wrong", () => {
    const request = malformed(
      messageText({ To: '"x', From: "", CSeq: "no", "Call-ID": undefined }),
    ).answerable;
    expect(request).toMatchObject({
      callId: "",
      cseq: { number: 0, method: "MESSAGE" },
      to: { uri: "" },
      from: { uri: "" },
    });
    expect(request?.to.params.has("tag")).toBe(false);
  });
});

describe("messages that are changed", () => {
  it("keep what did not change, and read anew what did", () => {
    const request = parsedRequest(messageText());
    const changed = request.with({
      headers: request.headers.prepend("Via", "SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKnew"),
    });
    expect(changed.via).toMatchObject({ transport: "TCP", branch: "z9hG4bKnew" });
    expect(changed.from).toBe(request.from);
    expect(request.with({ requestUri: "tel:+1234" }).uri).toMatchObject({ scheme: "tel" });
    expect(request.with({ body: Buffer.from("x") }).uri).toBe(request.uri);
  });

  it("a response without our Via shows the next one", () => {
    const text = messageText({ Via: "SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b;branch=2" }).replace(
      /^.*/,
      "SIP/2.0 200 OK",
    );
    const response: SipResponse = parsedResponse(text);
    const next = response.with({
      headers: response.headers.set("Via", response.headers.values("via")[1] ?? ""),
    });
    expect(next.via.host).toBe("b");
  });
});
