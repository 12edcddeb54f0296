import { describe, expect, it } from "@jest/globals";
import { aorOf, domainOf, formatUri, parseHostPort, parseUri, type Uri, uriEquals } from "@heliograph/sip";

function uri(text: string): Uri {
  const parsed = parseUri(text);
  if (parsed.ok) return parsed.value;
  throw new Error(`${text}: ${parsed.error.rule} at ${parsed.error.offset}`);
}

const same = (a: string, b: string) => [uriEquals(uri(a), uri(b)), uriEquals(uri(b), uri(a))];
const aor = (text: string) => {
  const key = aorOf(text);
  return key.ok ? key.value : key.error;
};

describe("GEN-21 a domain has one spelling in keys", () => {
  it.each(["sip:alice@example.com.", "sips:alice@Example.COM.:5061", "im:alice@example.com."])(
    "the dot that makes %s absolute is not part of it",
    (text) => {
      expect(aor(text)).toBe("sip:alice@example.com");
    },
  );
});

describe("RFC 3261 §19.1.1 SIP and SIPS URI Components", () => {
  it.each([
    ["sip:alice@atlanta.com", { scheme: "sip", user: "alice", host: "atlanta.com" }],
    ["sip:alice:secretword@atlanta.com;transport=tcp", { user: "alice", password: "secretword" }],
    [
      "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
      { scheme: "sips", headers: "subject=project%20x&priority=urgent" },
    ],
    ["sip:+1-212-555-1212:1234@gateway.com;user=phone", { user: "+1-212-555-1212", password: "1234" }],
    ["sips:1212@gateway.com", { user: "1212" }],
    ["sip:alice@192.0.2.4", { host: "192.0.2.4" }],
    ["sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com", { user: undefined, host: "atlanta.com" }],
    ["sip:alice;day=tuesday@atlanta.com", { user: "alice;day=tuesday" }],
    ["SIP:Alice@AtLanta.COM:05060", { scheme: "sip", user: "Alice", host: "atlanta.com", port: 5060 }],
    ["sip:a@under_score.example", { host: "under_score.example" }],
    ["sip:example.com.", { host: "example.com." }],
  ])("§19.1.3: %s is read", (text, parts) => {
    expect(uri(text)).toMatchObject(parts);
  });

  it.each([
    ["sip:", "host", 4],
    ["sip:@x", "user", 4],
    ["sip::p@x", "user", 4],
    ["sip:a@", "host", 6],
    ["sip:a b@x", "user", 5],
    ["sip:a%4@x", "user", 5],
    ["sip:a%zz@x", "user", 5],
    ["sip:a@x:", "port", 8],
    ["sip:a@x:1a", "port", 8],
    ["sip:a@x:65536", "port", 8],
    ["sip:a@x:99999999999999999999", "port", 8],
    ["sip:a@x;", "uri-parameter", 8],
    ["sip:a@x;=b", "uri-parameter", 8],
    ["sip:a@x;b=", "uri-parameter", 10],
    ["sip:a@x;b=c=d", "uri-parameter", 11],
    ["sip:a@x?", "headers", 8],
    ["sip:a@x?b", "headers", 9],
    ["sip:a@x?b=c&", "headers", 12],
    ["sip:a@x y", "host", 7],
    ["sip:é@x", "user", 4],
    ["sip:a@[::1", "IPv6reference", 6],
    ["sip:a@x\r\n", "host", 7],
    ["", "scheme", 0],
    ["alice", "scheme", 0],
    [":x", "scheme", 0],
    ["1a:x", "scheme", 0],
    ["urn:", "absoluteURI", 4],
    ["urn:a b", "absoluteURI", 5],
    ["tel:", "telephone-subscriber", 4],
    ["tel:+", "telephone-subscriber", 4],
    ["tel:+1a", "telephone-subscriber", 4],
    ["tel:123", "context", 7],
    ["tel:+1;", "par", 7],
    ["im:a", "mailbox", 3],
    ["im:@x", "mailbox", 3],
    ["pres:a@x:5", "mailbox", 7],
  ])("%s is malformed: %s at %i", (text, rule, offset) => {
    expect(parseUri(text)).toEqual({ ok: false, error: { rule, offset } });
  });

  it.each([
    "sip:a:b@x:5070;lr;x=%20?y=z&w=",
    "sips:[2001:db8::1]:5061;transport=tls",
    "tel:+1-201-555-0123;ext=5",
    "im:a@x.org?b=c",
    "pres:a@x.org",
    "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
  ])("%s is written as it was read", (text) => {
    expect(formatUri(uri(text))).toBe(text);
  });
});

describe("RFC 3261 §19.1.4 URI Comparison, GEN-46", () => {
  it.each([
    ["sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com;security=on"],
    ["sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"],
    [
      "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
      "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
    ],
    [
      "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
      "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
    ],
    ["sip:a%2db@x", "sip:a-b@x"],
    ["sip:a@x;%6cr=%79", "sip:a@x;lr=Y"],
    ["sip:a@x?SUBJECT=b", "sip:a@x?subject=b"],
    ["sip:a%c3%A9@x", "sip:a%C3%a9@x"],
    ["sip:a@[2001:DB8::1]", "sip:a@[2001:db8::1]"],
  ])("%s equals %s", (a, b) => {
    expect(same(a, b)).toEqual([true, true]);
  });

  it.each([
    ["SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", "different usernames"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", "can resolve to different ports"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", "can resolve to different transports"],
    [
      "sip:bob@biloxi.com",
      "sip:bob@biloxi.com:6000;transport=tcp",
      "can resolve to different port and transports",
    ],
    ["sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", "different header component"],
    ["sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", "a name is not an address"],
    ["sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", "not transitive"],
    ["sip:a@x", "sips:a@x", "never equivalent"],
    ["sip:a@x", "sip:x", "user on one side"],
    ["sip:a:b@x", "sip:a@x", "password on one side"],
    ["sip:a:b@x", "sip:a:B@x", "password"],
    ["sip:a@x;user=phone", "sip:a@x", "user parameter"],
    ["sip:a@x;ttl=1", "sip:a@x", "ttl"],
    ["sip:a@x;method=INVITE", "sip:a@x", "method"],
    ["sip:a@x;maddr=y", "sip:a@x", "maddr"],
    ["sip:a%40b@x", "sip:a%3ab@x", "reserved stay escaped"],
    ["sip:a%3bb@x", "sip:a;b@x", "reserved are not their escapes"],
    ["sip:a@x", "tel:+1", "scheme"],
    ["im:a@x", "pres:a@x", "scheme"],
    ["urn:a", "urn:A", "opaque"],
  ])("%s does not equal %s (%s)", (a, b) => {
    expect(same(a, b)).toEqual([false, false]);
  });
});

describe("RFC 3966 §4 URI Comparisons, GEN-07", () => {
  it.each([
    ["tel:+1-201-555-0123", "tel:+12015550123"],
    ["tel:+1(201)555.0123", "TEL:+12015550123"],
    ["tel:7042;phone-context=Example.com", "tel:70-42;phone-context=example.COM"],
    ["tel:+1;a=b;ext=1-2", "tel:+1;EXT=12;A=B"],
    ["tel:863-1234;phone-context=+1-914-555", "tel:8631234;phone-context=+1914555"],
    ["tel:12aB*#;phone-context=x", "tel:12Ab*#;phone-context=x"],
  ])("%s equals %s", (a, b) => {
    expect(same(a, b)).toEqual([true, true]);
  });

  it.each([
    ["tel:+1", "tel:+2"],
    ["tel:+1;ext=5", "tel:+1"],
    ["tel:+1;isub=x", "tel:+1;ext=x"],
    ["tel:1;phone-context=+1", "tel:+1"],
    ["tel:1;phone-context=a", "tel:1;phone-context=b"],
  ])("%s does not equal %s: a parameter on one side alone tells them apart", (a, b) => {
    expect(same(a, b)).toEqual([false, false]);
  });
});

describe("GEN-05 the schemes of a Request-URI", () => {
  it.each([
    ["sip:a@x", "sip"],
    ["sips:a@x", "sips"],
    ["tel:+1", "tel"],
    ["im:a@x", "im"],
    ["pres:a@x", "pres"],
    ["xmpp:a@x", "other"],
  ])("%s is %s", (text, scheme) => {
    expect(uri(text).scheme).toBe(scheme);
  });
});

describe("GEN-21 AOR key = URI without any parameter, escapes decoded; GEN-46 key canonicalisation", () => {
  it.each([
    ["sip:Alice@Example.COM", "sip:Alice@example.com"],
    ["sip:%41lice@example.com;transport=tcp;user=ip?a=b", "sip:Alice@example.com"],
    ["sips:alice@example.com", "sip:alice@example.com"],
    ["sip:alice:pw@example.com:5060", "sip:alice@example.com"],
    ["sips:alice@example.com:5061", "sip:alice@example.com"],
    ["sip:alice@example.com:5070", "sip:alice@example.com:5070"],
    ["sip:alice@[2001:DB8::1]:5060", "sip:alice@[2001:db8::1]"],
    ["sip:null-%00-null@example.com", "sip:null-%00-null@example.com"],
    ["sip:a%40b%2f@example.com", "sip:a%40b%2F@example.com"],
    ["sip:example.com", "sip:example.com"],
    ["im:alice@Example.com", "sip:alice@example.com"],
    ["pres:alice@example.com", "sip:alice@example.com"],
    ["tel:+1-201-555-0123;ext=5", "tel:+12015550123"],
    ["tel:70-42;phone-context=Example.com", "tel:7042;phone-context=example.com"],
    ["sip:+1-201-555-0123@example.com;user=phone", "sip:+12015550123@example.com"],
    ["sip:+1-201-555-0123@example.com", "sip:+1-201-555-0123@example.com"],
  ])("%s has the key %s", (text, key) => {
    expect(aor(text)).toBe(key);
    expect(aor(key)).toBe(key);
  });

  it("an URI of another scheme has none, nor has what is no URI", () => {
    expect(aor("urn:x:y")).toEqual({ rule: "scheme", offset: 0 });
    expect(aor("sip:")).toEqual({ rule: "host", offset: 4 });
  });

  it.each([
    ["sip:a@example.com", "example.com"],
    ["sip:a@example.com:5070", "example.com"],
    ["sip:a@[::1]:5070", "[::1]"],
    ["sip:example.com", "example.com"],
    ["tel:+1", ""],
  ])("the domain of %s is %s", (key, domain) => {
    expect(domainOf(key)).toBe(domain);
  });
});

describe("RFC 3261 §25.1 hostport", () => {
  it.each([
    ["X.org:5", { host: "x.org", port: 5, isIpv6: false }],
    ["[::1]", { host: "::1", port: undefined, isIpv6: true }],
  ])("%s is read", (text, parts) => {
    expect(parseHostPort(text)).toEqual({ ok: true, value: parts });
  });
});
