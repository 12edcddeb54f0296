import { describe, expect, it } from "@jest/globals";
import { credentials, flowFrom, given, parsed, request } from "./given.js";

describe("GEN-20 OPTIONS", () => {
  it.each([
    "sip:example.com",
    "sip:198.51.100.1:5060",
    "sip:edge.example.com",
    "sip:example.org;transport=tcp",
  ])("to the server at %s tells anybody what it can do", async (uri) => {
    const { receive, asked } = await given();
    const answer = await receive(request("OPTIONS", { uri, to: `<${uri}>`, maxForwards: "0" }));
    expect(answer?.status).toBe(200);
    expect(answer?.headers.get("Allow")).toBe(
      "REGISTER, OPTIONS, MESSAGE, INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, INFO",
    );
    expect(answer?.headers.values("Accept")).toEqual(
      expect.arrayContaining(["message/cpim", "application/sdp", "multipart/mixed"]),
    );
    expect(answer?.headers.values("Supported")).toEqual(
      expect.arrayContaining(["outbound", "timer", "100rel"]),
    );
    expect(answer?.headers.get("Contact")).toBe(
      '<sip:198.51.100.1:5060>;+g.oma.sip-im;methods="REGISTER,OPTIONS,MESSAGE,INVITE,ACK,CANCEL,BYE,PRACK,UPDATE,INFO"',
    );
    expect(answer?.headers.has("Accept-Encoding")).toBe(true);
    expect(answer?.headers.has("Accept-Language")).toBe(true);
    expect(answer?.headers.has("Allow-Events")).toBe(false);
    expect(answer?.body.length).toBe(0);
    expect(asked).toEqual([]);
  });

  it("names the way over which it was asked", async () => {
    const { receive } = await given();
    const answer = await receive(
      request("OPTIONS", { uri: "sip:example.com" }),
      flowFrom("192.0.2.10", "tls"),
    );
    expect(answer?.headers.get("Contact")).toContain("<sips:198.51.100.1:5061;transport=tcp>");
  });

  it("SC-07 never offers compression, also to who does", async () => {
    const { receive } = await given();
    const answer = await receive(request("OPTIONS", { uri: "sip:example.com;comp=sigcomp" }));
    expect(answer?.headers.get("Contact")).not.toContain("comp=");
  });

  it("to a user proves itself first, so that nobody learns who exists", async () => {
    const { receive } = await given();
    expect((await receive(request("OPTIONS")))?.status).toBe(407);
    expect((await receive(request("OPTIONS", { more: [credentials] })))?.status).toBe(200);
    expect(
      (await receive(request("OPTIONS", { uri: "sip:nobody@example.com", more: [credentials] })))?.status,
    ).toBe(404);
  });

  it("to another network is not relayed", async () => {
    const { receive } = await given({}, { lookUp: () => "foreign-domain" });
    expect((await receive(request("OPTIONS", { uri: "sip:x@far.net", more: [credentials] })))?.status).toBe(
      403,
    );
  });

  it.each([
    [["Require: novel"], "", 420],
    [["Content-Type: application/novel"], "x", 415],
    [["Content-Type: application/sdp", "Content-Encoding: novel"], "x", 415],
  ])("GEN-04 with %j is answered %#", async (more, body, status) => {
    const { receive } = await given();
    expect((await receive(request("OPTIONS", { uri: "sip:example.com", more, body })))?.status).toBe(status);
  });
});

describe("GEN-04 GEN-39 GEN-40 PF-58 methods that are not served", () => {
  it.each([
    ["SUBSCRIBE", "", 405],
    ["PUBLISH", "", 405],
    ["REFER", "", 405],
    ["INVITE", ";tag=t", 481],
    ["REFER", ";tag=t", 481],
    ["BYE", ";tag=t", 481],
    ["BYE", "", 481],
    ["CANCEL", "", 481],
    ["UPDATE", ";tag=t", 481],
    ["INFO", ";tag=t", 481],
    ["PRACK", ";tag=t", 481],
    ["NOTIFY", ";tag=t", 481],
    ["NOTIFY", "", 481],
    ["NEWMETHOD", "", 501],
  ])("%s with To%s is answered %i", async (method, tag, status) => {
    const { receive } = await given();
    const answer = await receive(request(method, { to: `<sip:bob@example.com>${tag}` }));
    expect(answer?.status).toBe(status);
    expect(answer?.headers.has("Allow")).toBe(status === 405 || status === 501);
    expect(answer?.to.params.has("tag")).toBe(true);
  });

  it("GEN-03 GEN-04 a hop too many is 483 and an unknown Proxy-Require 420, but not for CANCEL", async () => {
    const { receive } = await given();
    expect((await receive(request("INVITE", { maxForwards: "0" })))?.status).toBe(483);
    expect((await receive(request("INVITE", { more: ["Proxy-Require: novel"] })))?.status).toBe(420);
    expect(
      (await receive(request("CANCEL", { maxForwards: "0", more: ["Proxy-Require: novel"] })))?.status,
    ).toBe(481);
  });

  it("GEN-31 ACK is never answered", async () => {
    const { stack, settle } = await given();
    const answers = stack.receive(parsed(request("ACK")), flowFrom());
    await settle();
    expect(answers).toEqual([]);
  });
});
