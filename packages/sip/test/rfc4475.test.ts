import { describe, expect, it } from "@jest/globals";
import {
  createResponse,
  formatMessage,
  HeaderList,
  parseContactList,
  parseCredentials,
  parseDate,
  parseMessage,
  parseMultipart,
  parseNameAddr,
  parseUri,
  parseVia,
} from "@heliograph/sip";
import { corpusMessage, corpusNames } from "./corpus-message.js";
import { malformed, parsedRequest, parsedResponse } from "./parsed.js";

const request = (name: string) => parsedRequest(corpusMessage("rfc4475", name));
const response = (name: string) => parsedResponse(corpusMessage("rfc4475", name));
const fault = (name: string) => malformed(corpusMessage("rfc4475", name));

/** Well-formed by the RFC: §3.1.1, and those of §3.2 to §3.4 that only the application minds. */
const valid: Readonly<Record<string, string>> = {
  wsinv: "A Short Tortuous INVITE",
  intmeth: "Wide Range of Valid Characters",
  esc01: "Valid Use of the % Escaping Mechanism",
  escnull: "Escaped Nulls in URIs",
  esc02: "Use of % When It Is Not an Escape",
  lwsdisp: "Message with No LWS between Display Name and <",
  longreq: "Long Values in Header Fields",
  dblreq: "Extra Trailing Octets in a UDP Datagram",
  semiuri: "Semicolon-Separated Parameters in URI User Part",
  transports: "Varied and Unknown Transport Types",
  mpart01: "Multipart MIME Message",
  unreason: "Unusual Reason Phrase",
  noreason: "Empty Reason Phrase",
  baddate: "Invalid Timezone in Date Header Field, which matters only to who uses it",
  badbranch: "Missing Transaction Identifier",
  unkscm: "Request-URI with Unknown Scheme",
  novelsc: "Request-URI with Known but Atypical Scheme",
  unksm2: "Unknown URI Schemes in Header Fields",
  bext01: "Proxy-Require and Require",
  invut: "Unknown Content-Type",
  regaut01: "Unknown Authorization Scheme",
  bcast: "200 OK Response with Broadcast Via Header Field Value",
  zeromf: "Max-Forwards of Zero",
  cparam01: "REGISTER with a Contact Header Parameter",
  cparam02: "REGISTER with a url-parameter",
  regescrt: "REGISTER with a URL Escaped Header",
  sdp01: "Unacceptable Accept Offering",
  inv2543: "INVITE with RFC 2543 Syntax",
};

/** Malformed requests, with what the RFC has answered to them. */
const refused: Readonly<
  Record<string, readonly [status: number, header: string | undefined, title: string]>
> = {
  badinv01: [400, "via", "Extraneous Header Field Separators"],
  clerr: [400, "content-length", "Content Length Larger Than Message"],
  ncl: [400, "content-length", "Negative Content-Length"],
  scalar02: [400, "cseq", "Request Scalar Fields with Overlarge Values"],
  quotbal: [400, "to", "Unterminated Quoted String in Display Name"],
  ltgtruri: [400, undefined, "<> Enclosing Request-URI"],
  lwsruri: [400, undefined, "Malformed SIP Request-URI (embedded LWS)"],
  lwsstart: [400, undefined, "Multiple SP Separating Request-Line Elements"],
  trws: [400, undefined, "SP Characters at End of Request-Line"],
  escruri: [400, undefined, "Escaped Headers in SIP Request-URI"],
  regbadct: [400, "contact", "Failure to Enclose name-addr URI in <>"],
  badaspec: [400, "to", "Spaces within addr-spec"],
  baddn: [400, undefined, "Non-token Characters in Display Name"],
  badvers: [505, undefined, "Unknown Protocol Version"],
  mismatch01: [400, "cseq", "Start Line and CSeq Method Mismatch"],
  mismatch02: [501, "cseq", "Unknown Method with CSeq Method Mismatch"],
  insuf: [400, "from", "Missing Required Header Fields"],
  multi01: [400, "cseq", "Multiple Values in Single Value Required Fields"],
  mcl01: [400, "content-length", "Multiple Content-Length Values"],
};

/** Malformed responses, which are dropped. */
const dropped: Readonly<Record<string, string>> = {
  scalarlg: "Response Scalar Fields with Overlarge Values",
  bigcode: "Overlarge Response Code",
};

describe("RFC 4475 §3 SIP Test Messages", () => {
  it("are all here, each with its verdict", () => {
    const named = [...Object.keys(valid), ...Object.keys(refused), ...Object.keys(dropped)].sort();
    expect(corpusNames("rfc4475")).toEqual(named);
  });

  it.each(Object.entries(valid))("%s (%s) is well-formed", (name) => {
    expect(parseMessage(corpusMessage("rfc4475", name), { framing: "datagram" })).toMatchObject({ ok: true });
  });

  it.each(Object.entries(valid))("%s (%s) says the same after format and parse", (name) => {
    const first = parseMessage(corpusMessage("rfc4475", name), { framing: "datagram" });
    if (!first.ok) throw new Error(first.error.reason);
    const again = parseMessage(formatMessage(first.value), { framing: "stream" });
    if (!again.ok) throw new Error(again.error.reason);
    expect(again.value.headers.without("content-length").fields()).toEqual(
      first.value.headers.without("content-length").fields(),
    );
    expect(Buffer.from(again.value.body)).toEqual(Buffer.from(first.value.body));
  });

  it.each(
    Object.entries(refused).map(([name, [status, header, title]]) => ({ name, status, header, title })),
  )("$name ($title) is answered with $status", ({ name, status, header }) => {
    const error = fault(name);
    expect(error).toMatchObject({ status, ...(header !== undefined && { header }) });
    if (!error.answerable) throw new Error("cannot be answered");
    const answer = createResponse(error.answerable, error.status, { reason: error.reason, toTag: "t1" });
    expect(answer.headers.get("via")).toBeDefined();
    expect(Buffer.from(formatMessage(answer)).toString()).toMatch(
      new RegExp(`^SIP/2\\.0 ${status} .+\r\nVia: `, "i"),
    );
  });

  it.each(Object.entries(dropped))("%s (%s) is malformed and has no answer", (name) => {
    expect(fault(name).answerable).toBeUndefined();
  });
});

describe("RFC 4475 §3.1.1 Valid Messages", () => {
  it("§3.1.1.1 wsinv: folding, escapes, compact forms and white space do not change what is said", () => {
    const wsinv = request("wsinv");
    expect(wsinv.maxForwards).toBe(68);
    expect(wsinv.cseq).toEqual({ number: 9, method: "INVITE" });
    expect(wsinv.from.display).toBe('J Rosenberg \\"');
    expect(wsinv.from.params.get("tag")).toBe("98asjd8");
    expect(wsinv.to.uri).toBe("sip:vivekg@chair-dnrc.example.com");
    expect(wsinv.to.params.get("tag")).toBe("1918181833n");
    expect(wsinv.headers.get("Subject")).toBe("");
    expect(wsinv.headers.get("UnknownHeaderWithUnusualValue")).toBe(";;,,;;,;");
    expect(wsinv.headers.values("Via").map((via) => parseVia(via))).toMatchObject([
      { value: { transport: "UDP", host: "192.0.2.2", branch: "390skdjuw" } },
      { value: { transport: "TCP", host: "spindle.example.com", branch: "z9hG4bK9ikj8" } },
      { value: { transport: "UDP", host: "192.168.255.111", branch: "z9hG4bK30239" } },
    ]);
    const contact = parseContactList(wsinv.headers.get("Contact") ?? "");
    if (!contact.ok || contact.value === "*") throw new Error("no contact");
    expect(contact.value[0]?.display).toBe('Quoted string ""');
    expect([...(contact.value[0]?.params.entries() ?? [])]).toEqual([
      ["newparam", "newvalue"],
      ["secondparam", undefined],
      ["q", "0.33"],
    ]);
  });

  it("§3.1.1.2 intmeth: a quoted NUL is part of the display name, and brackets in a Call-ID mean nothing", () => {
    const intmeth = request("intmeth");
    expect(intmeth.method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
    expect(intmeth.to.display).toBe("BEL:\x07 NUL:\0 DEL:\x7f");
    expect(intmeth.callId).toBe("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
    expect(intmeth.from.params.get("fromParam''~+*_!.-%")).toBe("работающий");
    expect(intmeth.uri).toMatchObject({
      user: "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*",
      password: "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)",
      host: "example.com",
    });
  });

  it("§3.1.1.3 esc01: escapes are kept, and not undone twice", () => {
    const esc01 = request("esc01");
    expect(esc01.uri).toMatchObject({ user: "sips%3Auser%40example.com", host: "example.net" });
    expect(esc01.headers.get("Contact")).toContain("n%61me=v%61lue%25%34%31");
  });

  it("§3.1.1.4 escnull: two contacts with escaped NULs stay two", () => {
    const contacts = request("escnull").headers.values("Contact");
    expect(contacts).toEqual(["<sip:%00@host5.example.com>", "<sip:%00%00@host5.example.com>"]);
  });

  it("§3.1.1.5 esc02: an escape in a method or a header's name is not one", () => {
    const esc02 = request("esc02");
    expect(esc02.method).toBe("RE%47IST%45R");
    expect(esc02.headers.values("Contact")).toHaveLength(2);
    expect(esc02.headers.get("C%6Fntact")).toBe("<sip:alias2@host2.example.com>");
  });

  it("§3.1.1.6 lwsdisp: a display name may touch the bracket", () => {
    expect(request("lwsdisp").from).toMatchObject({ display: "caller", uri: "sip:caller@example.com" });
  });

  it("§3.1.1.7 longreq: long values are whole, and 34 Via fields are in order", () => {
    const longreq = request("longreq");
    expect(longreq.headers.all("Via")).toHaveLength(34);
    expect(longreq.from.params.get("tag")).toBe(`12${"982".repeat(50)}424`);
  });

  it("§3.1.1.8 dblreq: what follows the body is not looked at", () => {
    expect(request("dblreq").body).toHaveLength(0);
  });

  it("§3.1.1.9 semiuri: a semicolon may be part of the user", () => {
    expect(request("semiuri").uri).toMatchObject({ user: "user;par=u%40example.net", host: "example.com" });
  });

  it("§3.1.1.10 transports: an unknown transport is a transport", () => {
    const transports = request("transports")
      .headers.values("Via")
      .map((via) => parseVia(via));
    expect(transports.map((via) => via.ok && via.value.transport)).toEqual([
      "UDP",
      "SCTP",
      "TLS",
      "UNKNOWN",
      "TCP",
    ]);
  });

  it("§3.1.1.11 mpart01: both parts are there, the binary one to the last octet", () => {
    const mpart01 = request("mpart01");
    const parts = parseMultipart(mpart01.body, mpart01.headers.get("Content-Type") ?? "");
    if (!parts.ok) throw new Error(parts.error.rule);
    expect(parts.value.map((part) => [part.contentType, part.body.length])).toEqual([
      ["text/plain", 5],
      ["application/octet-stream", 342],
    ]);
  });

  it("§3.1.1.12 unreason, §3.1.1.13 noreason: a reason may be any text, or none", () => {
    expect(response("unreason").reason).toMatch(/^= 2\*\*3 \* 5\*\*2 но сто девяносто девять - простое$/);
    expect(response("noreason")).toMatchObject({ status: 100, reason: "" });
  });
});

describe("RFC 4475 §3.1.2 Invalid Messages", () => {
  it("§3.1.2.12 baddate: a zone that is not GMT is malformed to who reads the date", () => {
    expect(parseDate(request("baddate").headers.get("Date") ?? "")).toMatchObject({ ok: false });
  });

  it("§3.1.2.15 baddn: with the empty line that the archive lacks, the display name is at fault", () => {
    const whole = Buffer.concat([corpusMessage("rfc4475", "baddn"), Buffer.from("\r\n")]);
    expect(malformed(whole)).toMatchObject({ status: 400, header: "from", rule: "display-name" });
  });

  it("§3.1.2.1 badinv01: the answer goes to the sent-by that can still be read", () => {
    expect(fault("badinv01").answerable?.via).toMatchObject({ transport: "UDP", host: "192.0.2.15" });
  });

  it("§3.1.2.3: Content-Length: five is as wrong as a negative one", () => {
    const five = Buffer.from(corpusMessage("rfc4475", "ncl")).toString("latin1").replace("-999", "five");
    expect(malformed(five)).toMatchObject({ status: 400, header: "content-length" });
  });
});

describe("RFC 4475 §3.2 to §3.4", () => {
  it("§3.2.1 badbranch: the branch is the bare cookie", () => {
    expect(request("badbranch").via.branch).toBe("z9hG4bK");
  });

  it("§3.3.2 unkscm, §3.3.3 novelsc: the scheme of the Request-URI is for the application to judge", () => {
    expect(request("unkscm").uri).toMatchObject({ scheme: "other", name: "nobodyknowsthisscheme" });
    expect(request("novelsc").uri).toMatchObject({ scheme: "other", name: "soap.beep" });
  });

  it("§3.3.4 unksm2: To, From and Contact may have any scheme", () => {
    expect(request("unksm2")).toMatchObject({
      to: { uri: "isbn:2983792873" },
      from: { uri: "http://www.example.com" },
    });
  });

  it("§3.3.7 regaut01: an unknown scheme of credentials is read", () => {
    const credentials = parseCredentials(request("regaut01").headers.get("Authorization") ?? "");
    expect(credentials).toMatchObject({ ok: true, value: { scheme: "NoOneKnowsThisScheme" } });
  });

  it("§3.3.10 bcast: the second Via is readable, so that a proxy can refuse to send there", () => {
    expect(parseVia(response("bcast").headers.values("Via")[1] ?? "")).toMatchObject({
      value: { host: "255.255.255.255" },
    });
  });

  it("§3.3.11 zeromf: zero is zero, not absent", () => {
    expect(request("zeromf").maxForwards).toBe(0);
  });

  it("§3.3.12 cparam01, §3.3.13 cparam02: a parameter outside the brackets is the contact's, one inside the URI's", () => {
    const outside = parseNameAddr(request("cparam01").headers.get("Contact") ?? "");
    expect(outside).toMatchObject({ ok: true, value: { uri: "sip:+19725552222@gw1.example.net" } });
    expect(outside.ok && outside.value.params.has("unknownparam")).toBe(true);
    const inside = parseNameAddr(request("cparam02").headers.get("Contact") ?? "");
    expect(inside.ok && inside.value.params.has("unknownparam")).toBe(false);
    const uri = parseUri(inside.ok ? inside.value.uri : "");
    expect(uri.ok && uri.value.scheme === "sip" && uri.value.params.has("unknownparam")).toBe(true);
  });

  it("§3.3.14 regescrt: an escaped header stays in the contact", () => {
    expect(request("regescrt").headers.get("Contact")).toBe(
      "<sip:user@example.com?Route=%3Csip:sip.example.com%3E>",
    );
  });

  it("§3.4.1 inv2543: no branch, no tag, no Max-Forwards, and the body goes to the end", () => {
    const inv2543 = request("inv2543");
    expect(inv2543.via.branch).toBeUndefined();
    expect(inv2543.from.params.has("tag")).toBe(false);
    expect(inv2543.maxForwards).toBeUndefined();
    expect(inv2543.body).toHaveLength(105);
    expect(inv2543.headers).toBeInstanceOf(HeaderList);
  });
});
