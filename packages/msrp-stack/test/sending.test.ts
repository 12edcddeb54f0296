import { afterEach, describe, expect, it } from "@jest/globals";
import type { BodySource } from "@heliograph/msrp";
import type { MsrpEndpointsOptions, MsrpSessionParts } from "../src/index.js";
import { closeAll, givenConnections, type Heard, until } from "./given.js";
import { givenEndpoints, givenSession, partsOf, watch } from "./given-endpoints.js";

afterEach(closeAll);

const text = (content: string) => ({ contentType: "text/plain", body: Buffer.from(content) });
const octets = (size: number) => ({ contentType: "application/octet-stream", body: Buffer.alloc(size, "o") });

/** A sending end, and a peer that listens and says only what the test has it say. */
async function given(rest: Partial<MsrpSessionParts> = {}, options: Partial<MsrpEndpointsOptions> = {}) {
  const listening = await givenConnections();
  const { endpoints, clock } = await givenEndpoints({ transports: [], ...options });
  const uri = endpoints.createUri("tcp");
  const peerUri = `msrp://127.0.0.1:${listening.portOf()}/peerpeerpeerpeer;tcp`;
  const alice = watch(endpoints.open(partsOf(uri, peerUri, { role: "active", ...rest })));
  await until(() => listening.accepted[0]?.heard.heads.length === 1);
  const [accepted] = listening.accepted;
  if (!accepted) throw new Error("nobody connected");
  const { connection, heard } = accepted;
  const heads = () => heard.heads.filter((head) => head.kind === "request");
  const answer = (index: number, status = 200, comment = "As You Say") => {
    const head = heads()[index];
    if (!head) throw new Error(`no request ${index}`);
    connection.write(
      Buffer.from(
        `MSRP ${head.tid} ${status} ${comment}\r\nTo-Path: ${uri}\r\nFrom-Path: ${peerUri}\r\n-------${head.tid}$\r\n`,
      ),
    );
  };
  const report = (messageId: string, status: string, range: string) =>
    connection.write(
      Buffer.from(
        `MSRP rep${serial++}xx REPORT\r\nTo-Path: ${uri}\r\nFrom-Path: ${peerUri}\r\nMessage-ID: ${messageId}\r\nByte-Range: ${range}\r\nStatus: ${status}\r\n-------rep${serial - 1}xx$\r\n`,
      ),
    );
  const requests = (count: number) => until(() => heard.flags.length >= count);
  return {
    ...alice,
    alice,
    endpoints,
    clock,
    uri,
    peerUri,
    connection,
    heard,
    heads,
    answer,
    report,
    requests,
    listening,
  };
}

let serial = 1000;

const rangeOf = (heard: Heard, index: number): string | undefined =>
  heard.heads[index]?.fields.get("Byte-Range");

describe("RFC 4975 §5.4 the active side", () => {
  it("MS-14 sends a bodiless SEND at once, also where it may send nothing", async () => {
    const { session, heads, heard, answer, requests } = await given({ direction: "recvonly" });
    await requests(1);
    expect(heads()[0]).toMatchObject({ method: "SEND", hasBody: false });
    expect(rangeOf(heard, 0)).toBe("1-0/0");
    answer(0);
    await session.bound;
  });

  for (const [status, reason] of [
    [481, "the first request was answered 481"],
    [506, "the first request was answered 506"],
    [403, "the first request was answered 403"],
  ] as const) {
    it(`MS-06 fails the session when its first request is answered ${status}`, async () => {
      const { session, failed, answer, requests } = await given();
      const { sent } = session.send(text("lost"));
      await requests(2);
      answer(0, status);
      await expect(session.bound).rejects.toThrow(reason);
      expect(failed()).toBe(reason);
      expect(await sent).toEqual({ kind: "lost", reason, confirmedOctets: 0 });
    });
  }

  it("MS-16 fails the session when its first request is not answered at all", async () => {
    const { failed, requests, clock } = await given();
    await requests(1);
    clock.advance(31_000);
    await until(() => failed() !== undefined);
    expect(failed()).toBe("nothing answered the first request");
  });

  it("fails the session when there is nobody to connect to, or no way to go there", async () => {
    const { endpoints } = await givenEndpoints({ transports: [] });
    for (const [peer, reason] of [
      ["msrp://127.0.0.1:1/nobody;tcp", /ECONNREFUSED/],
      ["msrp://127.0.0.1:1/nobody;dc", /no transport of ours/],
    ] as const) {
      const { session, failed } = watch(
        endpoints.open(partsOf(endpoints.createUri("tcp"), peer, { role: "active" })),
      );
      await expect(session.bound).rejects.toThrow(reason);
      expect(failed()).toMatch(reason);
      expect((await session.send(text("late")).sent).kind).toBe("lost");
    }
  });

  it("MS-58 stops knocking where connections lead to no session", async () => {
    const { endpoints, clock } = await givenEndpoints({ transports: [], endpoint: { maxFailedDials: 3 } });
    const attempt = async () => {
      const parts = partsOf(endpoints.createUri("tcp"), "msrp://127.0.0.1:1/x;tcp", { role: "active" });
      const { session, failed } = watch(endpoints.open(parts));
      await session.bound.catch(() => undefined);
      return failed();
    };
    for (let count = 0; count < 3; count += 1) expect(await attempt()).toContain("ECONNREFUSED");
    expect(await attempt()).toBe("too many attempts to reach 127.0.0.1:1");
    clock.advance(61_000);
    expect(await attempt()).toContain("ECONNREFUSED");
  });
});

describe("RFC 4975 §7.1.1, §7.3.2, §10 what was sent", () => {
  it("is done when every chunk is answered, and tells how far it is", async () => {
    const { session, heard, answer, requests } = await given();
    const message = session.send(octets(3_000_000));
    const progress: number[] = [];
    message.onProgress((confirmed) => progress.push(confirmed));
    await requests(4);
    expect([1, 2, 3].map((index) => rangeOf(heard, index))).toEqual([
      "1-*/3000000",
      "1048577-*/3000000",
      "2097153-*/3000000",
    ]);
    expect(heard.flags).toEqual(["$", "+", "+", "$"]);
    answer(2);
    answer(1);
    answer(3);
    expect(await message.sent).toEqual({ kind: "done" });
    expect(progress).toEqual([0, 2_097_152, 3_000_000]);
  });

  it("MS-09 is refused by 408 when a chunk is not answered for 30 s, and the session goes on", async () => {
    const { session, answer, requests, clock, failed } = await given();
    await requests(1);
    answer(0);
    await session.bound;
    const message = session.send(text("hello?"));
    await requests(2);
    clock.advance(29_000);
    expect(await Promise.race([message.sent, Promise.resolve("open")])).toBe("open");
    clock.advance(2_000);
    expect(await message.sent).toEqual({ kind: "refused", status: 408, comment: "Request Timeout" });
    const next = session.send(text("and now?"));
    await requests(3);
    answer(2);
    expect(await next.sent).toEqual({ kind: "done" });
    expect(failed()).toBeUndefined();
  });

  it("MS-08 asks for no answer, and is done when all of it has been handed over", async () => {
    const { session, heads, requests, clock } = await given();
    const sent = (["no", "partial"] as const).map((failureReport) =>
      session.send({ ...text("quiet"), failureReport }),
    );
    expect(await Promise.all(sent.map((message) => message.sent))).toEqual([
      { kind: "done" },
      { kind: "done" },
    ]);
    await requests(3);
    expect(heads().map(({ failureReport }) => failureReport)).toEqual(["yes", "no", "partial"]);
    clock.advance(29_000);
  });

  it("MS-08 is reported when success REPORTs cover all of it, in whatever pieces", async () => {
    const { session, report, requests, heads, answer } = await given();
    const message = session.send({ ...octets(4_000), wantsSuccessReport: true });
    await requests(2);
    expect(heads()[1]?.fields.get("Success-Report")).toBe("yes");
    report(message.messageId, "000 200 OK", "2001-4000/4000");
    report("unknown1", "000 200 OK", "1-2000/4000");
    report(message.messageId, "001 413 Of Another Namespace", "1-2000/4000");
    report(message.messageId, "000 200 OK", "1-1000/4000");
    answer(1);
    await message.sent;
    expect(await Promise.race([message.reported, Promise.resolve("open")])).toBe("open");
    report(message.messageId, "000 200 OK", "1001-2000/4000");
    expect(await message.reported).toEqual({ kind: "done" });
  });

  it("MS-10 interrupts a message that is answered 413, ends it with # and sends no more of it", async () => {
    const { session, heard, answer, connection, requests } = await given();
    connection.pause();
    const message = session.send(octets(50_000_000));
    const next = session.send(text("next"));
    connection.resume();
    await requests(3);
    answer(
      heard.heads.findIndex((head) => head.fields.get("Byte-Range") === "1-*/50000000"),
      413,
      "Too Large",
    );
    expect(await message.sent).toEqual({ kind: "refused", status: 413, comment: "Too Large" });
    await until(() => heard.flags.includes("#"));
    const last = heard.flags.length;
    expect(heard.bytes).toBeLessThan(50_000_000);
    session.send(text("after it"));
    await requests(last + 1);
    expect(heard.heads.at(-1)?.fields.get("Message-ID")).not.toBe(message.messageId);
    answer(heard.heads.findIndex((head) => head.fields.get("Message-ID") === next.messageId));
    expect(await next.sent).toEqual({ kind: "done" });
  });

  it("MS-10 takes a refusal of the chunk that it is writing", async () => {
    const { session, heard, answer, requests } = await given();
    const body: BodySource = {
      size: 5_000_000,
      read: (from, most) => (from < 100_000 ? Buffer.alloc(Math.min(most, 100_000 - from), "o") : "later"),
    };
    const message = session.send({ contentType: "application/octet-stream", body });
    await until(() => heard.heads.length === 2);
    answer(1, 413, "Too Large");
    expect(await message.sent).toEqual({ kind: "refused", status: 413, comment: "Too Large" });
    await requests(2);
    expect(heard.flags).toEqual(["$", "#"]);
  });

  it("MS-10 sends no more of a type that is answered 415", async () => {
    const { session, answer, requests } = await given();
    const message = session.send({ contentType: "image/png;x=y", body: Buffer.from("png") });
    await requests(2);
    answer(1, 415);
    expect(await message.sent).toMatchObject({ kind: "refused", status: 415 });
    const again = session.send({ contentType: "Image/PNG", body: Buffer.from("png") });
    expect(await again.sent).toEqual({ kind: "not-allowed", why: "type" });
    expect(await again.reported).toEqual({ kind: "not-allowed", why: "type" });
    session.send(text("words"));
    await requests(3);
  });

  for (const status of [481, 506]) {
    it(`MS-06 fails the session when a message is answered ${status}`, async () => {
      const { session, answer, requests, failed } = await given();
      const message = session.send(text("hello"));
      const other = session.send(text("other"));
      await requests(3);
      answer(0);
      answer(1, status);
      expect(await message.sent).toMatchObject({ kind: "refused", status });
      expect(await other.sent).toMatchObject({ kind: "lost" });
      expect(failed()).toBe(`an answer of ${status}`);
    });
  }

  it("MS-48 fails the session by a REPORT that octets were not received, and only the message by 413", async () => {
    const { session, report, requests, failed } = await given();
    const large = session.send(text("large"));
    const lost = session.send(text("lost"));
    await requests(3);
    report(large.messageId, "000 413 Too Large", "1-5/5");
    expect(await large.sent).toEqual({ kind: "refused", status: 413, comment: "Too Large" });
    expect(failed()).toBeUndefined();
    report(lost.messageId, "000 408 Gone", "1-4/4");
    expect(await lost.reported).toEqual({ kind: "refused", status: 408, comment: "Gone" });
    expect(failed()).toBe("a REPORT of 408");
  });

  it("MS-11 ends a message that is given up with #, and sends nothing of one that has not begun", async () => {
    const { session, heard, connection, requests } = await given();
    await requests(1);
    connection.pause();
    const message = session.send(octets(50_000_000));
    const waiting = session.send(octets(60_000_000));
    message.abort();
    waiting.abort();
    connection.resume();
    expect(await message.sent).toEqual({ kind: "lost", reason: "aborted", confirmedOctets: 0 });
    expect((await waiting.reported).kind).toBe("lost");
    session.send(text("on we go"));
    await until(() => heard.bodies.includes("on we go"));
    expect(heard.heads.some((head) => head.fields.get("Message-ID") === waiting.messageId)).toBe(false);
    expect(heard.flags.filter((flag) => flag === "#")).toHaveLength(1);
  });

  it("MS-50 sends a chat line between the octets of a file", async () => {
    const { session, heard, connection, requests } = await given();
    await requests(1);
    connection.pause();
    session.send(octets(30_000_000));
    session.send(text("a line"));
    connection.resume();
    await until(() => heard.bodies.includes("a line"));
    expect(heard.bytes).toBeLessThan(20_000_000);
    expect(heard.flags).not.toEqual(["$", "$"]);
    await until(() => heard.bytes === 30_000_006);
  });
});

describe("what is not sent", () => {
  it("MS-52 content against the direction, while notifications go", async () => {
    for (const direction of ["recvonly", "inactive"] as const) {
      const { session, requests, heard } = await given({ direction });
      expect(await session.send(text("no")).sent).toEqual({ kind: "not-allowed", why: "direction" });
      session.send({ ...text("imdn"), isNotification: true });
      await requests(2);
      expect(heard.bodies[1]).toBe("imdn");
    }
  });

  it("MS-51, MS-57 a type that the peer does not take, or more than it takes", async () => {
    const { session, requests } = await given({ peerAcceptTypes: ["text/plain"], peerMaxBytes: 10 });
    expect(await session.send({ contentType: "text/html", body: Buffer.from("x") }).sent).toEqual({
      kind: "not-allowed",
      why: "type",
    });
    expect(await session.send(text("more than ten")).sent).toEqual({ kind: "not-allowed", why: "size" });
    session.send(text("ten octets"));
    await requests(2);
  });
});

describe("sources of octets", () => {
  it("are read only as the connection takes it: a receiver that stops reading costs nothing", async () => {
    const { session, heard, connection, requests, answer } = await given();
    await requests(1);
    answer(0);
    connection.pause();
    const total = 1_000_000_000;
    const slice = Buffer.alloc(65_536, "s");
    let furthest = 0;
    const body: BodySource = {
      size: total,
      read: (from, most) => {
        furthest = Math.max(furthest, from + Math.min(most, slice.length));
        return slice.subarray(0, Math.min(most, total - from));
      },
    };
    const message = session.send({ contentType: "application/octet-stream", body });
    let [before, rounds] = [-1, 0];
    while (furthest !== before && rounds < 100) {
      before = furthest;
      rounds += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(furthest).toBeLessThan(32_000_000);
    expect(heard.bytes).toBeLessThan(1_000_000);
    message.abort();
    connection.resume();
    await until(() => heard.flags.includes("#"));
  });

  it("that say later are asked again, and one that fails gives its message up", async () => {
    const { session, heard, requests } = await given();
    let [readable, isThere] = [() => undefined as void, false];
    const body: BodySource = {
      size: undefined,
      read: (from) => {
        if (from >= 5) return new Uint8Array(0);
        return isThere ? Buffer.from("later").subarray(from) : "later";
      },
      onReadable: (hear) => (readable = hear),
    };
    session.send({ contentType: "text/plain", body });
    await requests(1);
    isThere = true;
    readable();
    await requests(2);
    expect(heard.bodies[1]).toBe("later");
    const broken: BodySource = {
      size: 100_000,
      read: (from) => {
        if (from > 0) throw new Error("bad sector");
        return Buffer.from("some");
      },
    };
    const message = session.send({ contentType: "text/plain", body: broken });
    expect(await message.sent).toMatchObject({ kind: "lost", reason: "Error: bad sector" });
    await until(() => heard.flags.at(-1) === "#");
  });
});

describe("MS-47 connections that are lost", () => {
  it("fails every session on the connection, and tells which octets were confirmed", async () => {
    const { session, answer, requests, connection, failed } = await given();
    const message = session.send(octets(3_000_000));
    const progress: number[] = [];
    message.onProgress((confirmed) => progress.push(confirmed));
    await requests(4);
    answer(1);
    answer(3);
    await until(() => progress.length === 2);
    connection.destroy("gone");
    expect(await message.sent).toMatchObject({ kind: "lost", confirmedOctets: 1_048_576 });
    expect(await message.reported).toMatchObject({ kind: "lost" });
    expect(failed()).toBeDefined();
  });

  it("goes on from an octet with the same Message-ID over a new session, and the receiver has it once", async () => {
    const { alice, bob, aliceParts, bobParts, dialling, listening } = await givenSession("tcp", {
      bob: { maxMessageBytes: 10_000_000 },
    });
    await alice.session.bound;
    const content = Buffer.alloc(5_000_000, "0123456789");
    const first = alice.session.send({ contentType: "text/plain", body: content });
    const progress: number[] = [];
    first.onProgress((confirmed) => {
      if (progress.length === 0) alice.session.close();
      progress.push(confirmed);
    });
    const lost = await first.sent;
    if (lost.kind !== "lost") throw new Error(lost.kind);
    expect(lost.confirmedOctets).toBe(1_048_576);
    await until(() => bob.failed() !== undefined);
    const [own, peer] = [dialling.endpoints.createUri("tcp"), listening.endpoints.createUri("tcp")];
    bob.session.renegotiate({ ...bobParts, uri: peer, peerPath: [own] });
    const again = watch(dialling.endpoints.open({ ...aliceParts, uri: own, peerPath: [peer] }));
    await again.session.bound;
    expect(bob.session.uri).toBe(peer);
    const { messageId } = first;
    const rest = { contentType: "text/plain", body: content, messageId, fromOctet: lost.confirmedOctets + 1 };
    const second = again.session.send({ ...rest, wantsSuccessReport: true });
    expect(await second.sent).toEqual({ kind: "done" });
    expect(await second.reported).toEqual({ kind: "done" });
    expect(bob.texts().map((got) => got === content.toString())).toEqual([true]);
    await again.session.send(rest).sent;
    expect(bob.texts()).toHaveLength(1);
  });

  it("holds and resumes without a new connection", async () => {
    const { alice, bob, aliceParts } = await givenSession();
    await alice.session.bound;
    alice.session.renegotiate({ ...aliceParts, direction: "recvonly" });
    expect(await alice.session.send(text("held")).sent).toEqual({ kind: "not-allowed", why: "direction" });
    alice.session.renegotiate(aliceParts);
    expect(await alice.session.send(text("resumed")).sent).toEqual({ kind: "done" });
    expect(bob.texts()).toEqual(["resumed"]);
    expect(alice.failed()).toBeUndefined();
  });

  it("begins again over a new path that is offered while the session is open", async () => {
    const { alice, bob, aliceParts, bobParts, dialling, listening } = await givenSession();
    await alice.session.bound;
    const [own, peer] = [dialling.endpoints.createUri("tcp"), listening.endpoints.createUri("tcp")];
    bob.session.renegotiate({ ...bobParts, uri: peer, peerPath: [own] });
    alice.session.renegotiate({ ...aliceParts, uri: own, peerPath: [peer] });
    await Promise.all([alice.session.bound, bob.session.bound]);
    expect(await alice.session.send(text("moved")).sent).toEqual({ kind: "done" });
    expect(bob.texts()).toEqual(["moved"]);
    expect([alice.failed(), bob.failed()]).toEqual([undefined, undefined]);
  });
});

describe("MS-16 keep-alive", () => {
  it("asks a silent peer by a bodiless SEND, and fails when it does not answer", async () => {
    const { session, answer, requests, heads, clock, failed } = await given(
      {},
      { endpoint: { keepAliveMs: 60_000 } },
    );
    await requests(1);
    answer(0);
    await session.bound;
    clock.advance(60_000);
    clock.advance(60_000);
    await requests(2);
    expect(heads()[1]).toMatchObject({ hasBody: false });
    answer(1);
    const next = session.send(text("still there"));
    await requests(3);
    answer(2);
    await next.sent;
    clock.advance(60_000);
    clock.advance(60_000);
    await requests(4);
    clock.advance(31_000);
    await until(() => failed() !== undefined);
    expect(failed()).toBe("the peer does not answer");
  });
});
