import { describe, expect, it } from "@jest/globals";
import {
  admit,
  createBodilessSend,
  createReport,
  createResponse,
  createTid,
  effectOf,
  effectOfReport,
  forwardRequest,
  forwardRequestHead,
  forwardResponse,
  formatRequest,
  formatResponse,
  isAnswered,
  msrpUriKeyOf,
  parseMsrpUri,
  readSend,
  type Report,
  type Send,
} from "@heliograph/msrp";
import { readAll, requestIn, wire } from "./recording-sink.js";

const own = "msrp://b:1/x;tcp";
const tid = createTid({ token: () => "0123456789" });
const base = [`To-Path: ${own}`, "From-Path: msrp://relay:2/r;tcp msrp://a:1/y;tcp"];

function request(method: string, ...fields: string[]) {
  return requestIn(`MSRP d93k ${method}`, ...base, ...fields, "-------d93k$");
}

function sendOf(...fields: string[]): { head: ReturnType<typeof request>; send: Send } {
  const head = request("SEND", "Message-ID: 1234", ...fields);
  const send = readSend(head);
  if (!send.ok) throw new Error(send.error.rule);
  return { head, send: send.value };
}

describe("RFC 4975 §7.2 Constructing Responses, MS-49", () => {
  it("answers a SEND one hop back, with its transaction identifier and our own URI alone", () => {
    const response = createResponse(request("SEND"), { status: 200, from: own });
    expect(response && Buffer.from(formatResponse(response)).toString()).toBe(
      `MSRP d93k 200 OK\r\nTo-Path: msrp://relay:2/r;tcp\r\nFrom-Path: ${own}\r\n-------d93k$\r\n`,
    );
  });

  it.each(["AUTH", "NICKNAME", "FOO"])("answers %s the whole way back", (method) => {
    const response = createResponse(request(method), { status: 501, from: own });
    expect(response?.toPath).toEqual(["msrp://relay:2/r;tcp", "msrp://a:1/y;tcp"]);
  });

  it("keeps a comment on its line", () => {
    const response = createResponse(request("SEND"), { status: 400, from: own, comment: "a\r\nb: c" });
    expect(response && readAll([formatResponse(response)]).chunks[0]?.head).toMatchObject({
      comment: "a b: c",
    });
  });
});

describe("RFC 4975 §7.1.4 Generating Failure Reports, MS-08", () => {
  it.each([
    ["yes", true, true],
    ["partial", false, true],
    ["no", false, false],
  ])("Failure-Report %s: 200 answered %s, errors answered %s", (report, success, failure) => {
    const head = request("SEND", `Failure-Report: ${report}`);
    expect([isAnswered(head, 200), isAnswered(head, 413)]).toEqual([success, failure]);
    const { send } = sendOf(`Failure-Report: ${report}`);
    const failed = createReport(head, send, {
      tid,
      from: own,
      status: 408,
      byteRange: { start: 1, end: 4, total: 9 },
    });
    expect(failed !== undefined).toBe(failure);
  });

  it("answers when there is no Failure-Report", () => expect(isAnswered(request("SEND"), 200)).toBe(true));

  it("reports success to who asks for it, whatever Failure-Report is", () => {
    const { head, send } = sendOf("Success-Report: yes", "Failure-Report: no");
    const parts = { tid, from: own, status: 200, byteRange: { start: 1, end: 106, total: 106 } };
    const report = createReport(head, send, parts);
    expect(report && Buffer.from(formatRequest(report)).toString()).toBe(
      [
        `MSRP ${tid} REPORT`,
        "To-Path: msrp://relay:2/r;tcp msrp://a:1/y;tcp",
        `From-Path: ${own}`,
        "Message-ID: 1234",
        "Byte-Range: 1-106/106",
        "Status: 000 200 OK",
        `-------${tid}$`,
        "",
      ].join("\r\n"),
    );
    expect(createReport(head, sendOf().send, parts)).toBeUndefined();
  });
});

describe("MS-03 what is never answered", () => {
  it("is a REPORT", () => {
    for (const status of [200, 400, 481, 501])
      expect(createResponse(request("REPORT"), { status, from: own })).toBeUndefined();
  });

  it("an unknown method is answered 501", () => {
    const sessions = { find: () => "s", connectionOf: () => "c" };
    expect(admit(request("FOO"), sessions, "c")).toEqual({ kind: "refused", status: 501 });
  });
});

describe("RFC 4975 §5.4 MSRP Connection Model, MS-06", () => {
  const key = (text: string): string => {
    const uri = parseMsrpUri(text);
    return uri.ok ? msrpUriKeyOf(uri.value) : "";
  };
  const sessions = (bound: string | undefined) => ({
    find: (wanted: string) => (wanted === key("MSRP://B:1/x;TCP") ? "session" : undefined),
    connectionOf: () => bound,
  });

  it("binds the connection of the first request, and takes what comes on it", () => {
    expect(admit(request("SEND"), sessions(undefined), "c1")).toEqual({
      kind: "admitted",
      session: "session",
      isFirst: true,
    });
    expect(admit(request("SEND"), sessions("c1"), "c1")).toEqual({
      kind: "admitted",
      session: "session",
      isFirst: false,
    });
  });

  it("refuses another connection with 506, no session with 481, a path beyond us with 481, a bad URI with 400", () => {
    expect(admit(request("SEND"), sessions("c1"), "c2")).toEqual({ kind: "refused", status: 506 });
    const to = (path: string) =>
      requestIn("MSRP d93k SEND", `To-Path: ${path}`, base[1] ?? "", "-------d93k$");
    expect(admit(to("msrp://b:1/other;tcp"), sessions(undefined), "c")).toEqual({
      kind: "refused",
      status: 481,
    });
    expect(admit(to(`${own} msrp://c:1/z;tcp`), sessions(undefined), "c")).toEqual({
      kind: "refused",
      status: 481,
    });
    expect(admit(to("msrp://b"), sessions(undefined), "c")).toEqual({ kind: "refused", status: 400 });
  });
});

describe("RFC 4975 §10 Response Codes, MS-10", () => {
  it.each([
    [200, "goes on"],
    [400, "message fails"],
    [403, "message fails"],
    [408, "message fails"],
    [413, "stop message"],
    [415, "stop type"],
    [481, "end session"],
    [506, "leave connection"],
    [299, "goes on"],
    [599, "message fails"],
  ])("%i: %s", (status, effect) => expect(effectOf(status)).toBe(effect));
});

describe("RFC 4975 §7.3.2 Receiving REPORT Requests, MS-48", () => {
  const report = (status: number, namespace = "000"): Report => ({
    messageId: sendOf().send.messageId,
    byteRange: { start: 1, end: 4, total: 4 },
    namespace,
    status,
    comment: undefined,
  });

  it("fails the session when octets were not received, and only the message where that was refused", () => {
    expect(effectOfReport(report(408), true)).toEqual({ kind: "session failed" });
    expect(effectOfReport(report(481), true)).toEqual({ kind: "session failed" });
    expect(effectOfReport(report(413), true)).toEqual({ kind: "failed", effect: "stop message" });
    expect(effectOfReport(report(415), true)).toEqual({ kind: "failed", effect: "stop type" });
    expect(effectOfReport(report(200), true)).toEqual({ kind: "received", start: 1, end: 4 });
  });

  it("ignores other namespaces and messages that it does not know", () => {
    expect(effectOfReport(report(408, "001"), true)).toEqual({ kind: "ignored" });
    expect(effectOfReport(report(408), false)).toEqual({ kind: "ignored" });
  });
});

describe("RFC 4976 §6.4.1 Forwarding SEND Requests", () => {
  const lines = [
    "Message-ID: 1234",
    "byte-range: 1-3/3",
    "X-Unknown: ümlaut",
    "Content-Type: a/b",
    "",
    "abc",
  ];
  const hop = { tid, toPath: ["msrp://c:1/z;tcp"], fromPath: [own, "msrp://a:1/y;tcp"] };

  it("carries all but the paths on as it came", () => {
    const utf8 = Buffer.from(["MSRP d93k SEND", ...base, ...lines, "-------d93k+", ""].join("\r\n"));
    const [chunk] = readAll([utf8]).chunks;
    if (chunk?.head.kind !== "request") throw new Error("no request");
    const sent = Buffer.from(forwardRequest(chunk.head, hop, Buffer.from("abc"), "+")).toString();
    expect(sent).toBe(
      [
        `MSRP ${tid} SEND`,
        "To-Path: msrp://c:1/z;tcp",
        `From-Path: ${own} msrp://a:1/y;tcp`,
        ...lines,
        `-------${tid}+`,
        "",
      ].join("\r\n"),
    );
    const head = forwardRequestHead(chunk.head, { ...hop, byteRange: "2-*/3" });
    expect(head).toContain("\r\nByte-Range: 2-*/3\r\nMessage-ID: 1234\r\nX-Unknown: ümlaut\r\n");
    expect(head).not.toContain("1-3/3");
  });

  it("carries responses on", () => {
    const [chunk] = readAll([
      wire("MSRP d93k 401 No", ...base, "WWW-Authenticate: Digest", "-------d93k$"),
    ]).chunks;
    if (chunk?.head.kind !== "response") throw new Error("no response");
    expect(Buffer.from(forwardResponse(chunk.head, hop)).toString()).toBe(
      `MSRP ${tid} 401 No\r\nTo-Path: msrp://c:1/z;tcp\r\nFrom-Path: ${own} msrp://a:1/y;tcp\r\nWWW-Authenticate: Digest\r\n-------${tid}$\r\n`,
    );
  });
});

describe("MS-14 the first SEND", () => {
  it("has no body, no Content-Type and no empty line", () => {
    const { messageId } = sendOf().send;
    const bytes = formatRequest(
      createBodilessSend({ tid, messageId, toPath: [own], from: "msrp://a:1/y;tcp" }),
    );
    expect(Buffer.from(bytes).toString()).toBe(
      `MSRP ${tid} SEND\r\nTo-Path: ${own}\r\nFrom-Path: msrp://a:1/y;tcp\r\nMessage-ID: 1234\r\nByte-Range: 1-0/0\r\n-------${tid}$\r\n`,
    );
  });
});
