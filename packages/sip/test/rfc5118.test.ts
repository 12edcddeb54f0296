import { describe, expect, it } from "@jest/globals";
import { formatUri, parseMessage, parseUri, parseVia } from "@heliograph/sip";
import { corpusMessage, corpusNames } from "./corpus-message.js";
import { malformed, parsedRequest } from "./parsed.js";

const request = (name: string) => parsedRequest(corpusMessage("rfc5118", name));

describe("RFC 5118 §4 Parser Torture Tests", () => {
  it.each(corpusNames("rfc5118").filter((name) => name !== "ipv6-bad"))("%s is parsed", (name) => {
    expect(parseMessage(corpusMessage("rfc5118", name), { framing: "datagram" })).toMatchObject({ ok: true });
  });

  it("§4.1 ipv6-good: an IPv6 reference stands in Request-URI, Via and Contact", () => {
    const good = request("ipv6-good");
    expect(good.uri).toMatchObject({ host: "2001:db8::10", isIpv6: true, port: undefined });
    expect(good.via.host).toBe("[2001:db8::9:1]");
  });

  it("§4.2 ipv6-bad: without brackets it is answered with 400", () => {
    expect(malformed(corpusMessage("rfc5118", "ipv6-bad"))).toMatchObject({
      status: 400,
      answerable: { method: "REGISTER" },
    });
  });

  it("§4.3 port-ambiguous: inside the brackets it is no port", () => {
    expect(request("port-ambiguous").uri).toMatchObject({ host: "2001:db8::10:5070", port: undefined });
  });

  it("§4.4 port-unambiguous: outside the brackets it is one", () => {
    expect(request("port-unambiguous").uri).toMatchObject({ host: "2001:db8::10", port: 5070 });
  });

  it("§4.5 via-received-param-with-delim and -no-delim: received may have brackets or none", () => {
    expect(request("via-received-param-with-delim").via.params.get("received")).toBe("[2001:db8::9:255]");
    expect(request("via-received-param-no-delim").via.params.get("received")).toBe("2001:db8::9:255");
  });

  it("§4.6 ipv6-in-sdp, §4.8 mult-ip-in-sdp: the body is not touched", () => {
    expect(request("ipv6-in-sdp").body).toHaveLength(251);
    expect(request("mult-ip-in-sdp").body).toHaveLength(189);
  });

  it("§4.7 mult-ip-in-header: both kinds of address stand in one list of Vias", () => {
    const vias = request("mult-ip-in-header")
      .headers.values("Via")
      .map((via) => parseVia(via));
    expect(vias.map((via) => via.ok && [via.value.host, via.value.port])).toEqual([
      ["[2001:db8::9:1]", 6050],
      ["192.0.2.1", undefined],
      ["[2001:db8::9:255]", undefined],
    ]);
  });

  it("§4.9 ipv4-mapped-ipv6: the dotted tail is part of the address", () => {
    expect(request("ipv4-mapped-ipv6").via).toMatchObject({ host: "[::ffff:192.0.2.10]", port: 19823 });
  });

  it("§4.10 ipv6-bug-abnf-3-colons: the third colon is tolerated, and gone when we write the URI", () => {
    const uri = request("ipv6-bug-abnf-3-colons").uri;
    expect(uri).toMatchObject({ user: "user", host: "2001:db8::192.0.2.1" });
    expect(formatUri(uri)).toBe("sip:user@[2001:db8::192.0.2.1]");
    expect(request("ipv6-correct-abnf-2-colons").uri).toMatchObject({ host: "2001:db8::192.0.2.1" });
  });
});

describe("RFC 5118 §4 and RFC 5954: IPv6 references", () => {
  it.each([
    "::",
    "::1",
    "1::",
    "1:2:3:4:5:6:7:8",
    "fe80::1:2",
    "::ffff:192.0.2.1",
    "1:2:3:4:5:6:192.0.2.1",
    "2001:DB8::A",
  ])("[%s] is an address", (address) => {
    expect(parseUri(`sip:[${address}]`)).toMatchObject({ ok: true, value: { host: address.toLowerCase() } });
  });

  it.each([
    "",
    ":",
    ":::",
    "1",
    "1:2",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "12345::",
    "g::",
    "::1.2.3",
    "::1.2.3.256",
    "1.2.3.4::",
    "fe80::1%eth0",
    "fe80::1%25eth0",
    "1:2:3:4:5:6:7::8:9",
  ])("[%s] is none (a zone has no place in SIP: R-sip-5)", (address) => {
    expect(parseUri(`sip:[${address}]`)).toMatchObject({ ok: false, error: { offset: 4 } });
  });
});
