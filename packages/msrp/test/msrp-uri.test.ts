import { describe, expect, it } from "@jest/globals";
import {
  acceptsType,
  connectionKeyOf,
  createSessionId,
  formatMsrpUri,
  mandatoryTypes,
  mayBeSent,
  type MsrpUri,
  msrpUriEquals,
  nextHopOf,
  parseMsrpUri,
} from "@heliograph/msrp";

function uri(text: string): MsrpUri {
  const parsed = parseMsrpUri(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.rule}`);
  return parsed.value;
}

describe("RFC 4975 §6.1 MSRP URI Comparison, MS-04", () => {
  it.each([
    ["MSRP://host:8000/asd;TCP", "msrp://HOST:8000/asd;tcp"],
    ["msrp://alice@host:1/a;tcp", "msrp://bob@host:1/a;tcp"],
    ["msrp://[2001:DB8::1]:1/a;tcp", "msrp://[2001:db8:0:0:0:0:0:1]:1/a;tcp"],
    ["msrp://[::ffff:192.0.2.1]:1/a;tcp", "msrp://[::ffff:c000:201]:1/a;tcp"],
    ["msrp://ex%61mple.com:1/a;tcp", "msrp://example.com:1/a;tcp"],
    ["msrp://host:1/a;tcp;x=y", "msrp://host:1/a;tcp"],
  ])("%s equals %s", (one, other) => {
    expect(msrpUriEquals(uri(one), uri(other))).toBe(true);
  });

  it.each([
    ["msrp://host:1/a;tcp", "msrps://host:1/a;tcp"],
    ["msrp://host:2855/a;tcp", "msrp://host/a;tcp"],
    ["msrp://host:1/a;tcp", "msrp://host:1/A;tcp"],
    ["msrp://host:1;tcp", "msrp://host:1/a;tcp"],
    ["msrp://host:1/a;tcp", "msrp://host:1/a;ws"],
    ["msrp://host:1/a/../b;tcp", "msrp://host:1/b;tcp"],
  ])("%s differs from %s", (one, other) => {
    expect(msrpUriEquals(uri(one), uri(other))).toBe(false);
  });

  it.each([
    "msrp://host",
    "http://h/a;tcp",
    "msrp://h:99999/a;tcp",
    "msrp://[::1::]:1/a;tcp",
    "msrp:///a;tcp",
    "msrp://h:1/a b;tcp",
    "msrp://h:1/a;tcp;=",
  ])("finds %s malformed", (text) => expect(parseMsrpUri(text).ok).toBe(false));

  it.each(["msrp://a@host:1/a+b=/c;tcp;x=y;z", "msrps://[::1]/s;ws", "msrps://alice@relay.example.com;tcp"])(
    "writes %s as it was read",
    (text) => expect(formatMsrpUri(uri(text))).toBe(text),
  );
});

describe("MS-05 session-ids", () => {
  it("have at least 80 random bits, in characters of the grammar", () => {
    const asked: number[] = [];
    const id = createSessionId({ token: (bytes) => (asked.push(bytes), "aB0_-!*%'`") });
    expect(asked[0]).toBeGreaterThanOrEqual(10);
    expect(formatMsrpUri(uri(`msrp://h:1/${id};tcp`))).toContain(id);
  });
});

describe("MS-13 which sessions share a connection", () => {
  it("is told by scheme, host and port alone", () => {
    expect(connectionKeyOf(uri("msrp://u@H:1/a;tcp"))).toBe(connectionKeyOf(uri("msrp://h:1/b;tcp")));
    expect(connectionKeyOf(uri("msrps://h:1/a;tcp"))).not.toBe(connectionKeyOf(uri("msrp://h:1/a;tcp")));
  });
});

describe("RFC 4975 §6 what a scheme demands", () => {
  it("tells msrps, which is TLS, from msrp, and gives the name that the certificate must have", () => {
    expect(uri("MSRPS://Relay.Example.com:2855/a;tcp")).toMatchObject({
      scheme: "msrps",
      host: "relay.example.com",
    });
  });
});

describe("MS-55 transports on a path", () => {
  it("may be unknown anywhere but at our next hop", () => {
    expect(nextHopOf(["msrp://a:1/b;tcp", "msrps://x.invalid:1/c;dc"])?.host).toBe("a");
    expect(nextHopOf(["msrps://x.invalid:1/c;dc", "msrp://a:1/b;tcp"])).toBeUndefined();
    expect(nextHopOf([])).toBeUndefined();
  });
});

describe("MS-52 directions", () => {
  it("hold back content alone", () => {
    expect(mayBeSent("recvonly", "content")).toBe(false);
    expect(mayBeSent("inactive", "content")).toBe(false);
    expect(mayBeSent("sendonly", "content")).toBe(true);
    for (const what of ["bodiless", "REPORT", "IMDN"] as const)
      expect(mayBeSent("inactive", what)).toBe(true);
  });
});

describe("MS-51 accept-types", () => {
  it("cover a type by itself, by its first half or by *, whatever its parameters", () => {
    expect(acceptsType(["text/plain"], "Text/Plain;charset=utf-8")).toBe(true);
    expect(acceptsType(["text/*"], "text/html")).toBe(true);
    expect(acceptsType(["*"], "image/png")).toBe(true);
    expect(acceptsType(["text/plain", "image/*"], "application/zip")).toBe(false);
  });
});

describe("MS-53 types that every end point takes", () => {
  it("are multipart/mixed, alternative and signed, and message/cpim", () => {
    for (const type of ["multipart/mixed", "multipart/alternative", "multipart/signed", "Message/CPIM"])
      expect(acceptsType(mandatoryTypes, type)).toBe(true);
  });
});
