import { describe, expect, it } from "@jest/globals";
import {
  answerTo,
  bindOne,
  bodiless,
  givenRelay,
  givenSession,
  type Party,
  policy,
  sendOf,
  tidOf,
} from "./given.js";

const given = async (parts: Parameters<typeof givenSession>[1] = {}) => {
  const relay = await givenRelay();
  return { relay, ...(await givenSession(relay, parts)) };
};

/** Bob gets a request and answers it. */
function bobAnswers(bob: Party, status = 200, comment = "OK"): string {
  const received = bob.connection.take();
  bob.connection.feed(answerTo(received, status, comment));
  return received;
}

/** The input at hand is used up. */
const turn = () => new Promise<void>((resolve) => queueMicrotask(resolve));

const kilobytes = (count: number, letter = "x") => letter.repeat(count * 1024);

describe("MS-21 MS-49 a SEND is carried from one end to the other", () => {
  it("whole, with the paths of the far side, a transaction of its own, and nothing else changed", async () => {
    const { alice, bob } = await given();
    const sent = sendOf(alice, {
      tid: "a786hjs2",
      messageId: "87652491",
      range: "1-25/25",
      fields: ["Success-Report: yes", "X-Unknown:  kept "],
      body: "Hey Bob, are you there ü?",
    });
    alice.connection.feed(sent);
    const received = bob.connection.take();
    const tid = tidOf(received);
    expect(tid).not.toBe("a786hjs2");
    expect(received).toBe(
      sent
        .replaceAll("a786hjs2", tid)
        .replace(`To-Path: ${alice.to}`, `To-Path: ${bob.from}`)
        .replace(`From-Path: ${alice.from}`, `From-Path: ${bob.to}`)
        .replace("ü", Buffer.from("ü").toString("latin1")),
    );
  });

  it("both ways, several at once, in their order", async () => {
    const { alice, bob } = await given();
    const bodies = ["one", "two", "three"];
    alice.connection.feed(bodies.map((body) => sendOf(alice, { body })).join(""));
    expect([...bob.connection.take().matchAll(/\r\n\r\n(\w+)\r\n/g)].map(([, body]) => body)).toEqual(bodies);
    bob.connection.feed(sendOf(bob, { body: "four" }));
    expect(alice.connection.take()).toContain("\r\n\r\nfour\r\n");
  });

  it.each(["+", "#"])("a chunk that ends with %s ends so, and an empty body stays one", async (flag) => {
    const { alice, bob } = await given();
    alice.connection.feed(sendOf(alice, { range: "1-*/10", body: "part", flag }));
    expect(bob.connection.take()).toMatch(new RegExp(`\\r\\npart\\r\\n-------\\w+\\${flag}\\r\\n$`));
    alice.connection.feed(sendOf(alice, { body: "", flag }));
    expect(bob.connection.take()).toMatch(new RegExp(`\\r\\n\\r\\n\\r\\n-------\\w+\\${flag}\\r\\n$`));
  });

  it("octets that look like the end of another chunk pass", async () => {
    const { alice, bob } = await given();
    const body = "\r\n-------a786hjs3$\r\nMSRP a786hjs4 SEND\r\n\r\n";
    alice.connection.feed(sendOf(alice, { tid: "a786hjs2", body }));
    expect(bob.connection.take()).toContain(body);
  });
});

describe("MS-08 the response to the sender", () => {
  it("comes when the far end has answered, with the sender's own transaction, one hop back", async () => {
    const { alice, bob } = await given();
    alice.connection.feed(sendOf(alice, { tid: "a786hjs2" }));
    expect(alice.connection.take()).toBe("");
    bobAnswers(bob);
    expect(alice.connection.take()).toBe(
      `MSRP a786hjs2 200 OK\r\nTo-Path: ${alice.from}\r\nFrom-Path: ${alice.to}\r\n-------a786hjs2$\r\n`,
    );
  });

  it.each([
    [413, "Too Big", "413 Too Big"],
    [481, "Gone", "481 Gone"],
    [506, "Bound", "481 Bound"],
  ])("MS-10 carries the status of the far end over: %s", async (status, comment, expected) => {
    const { alice, bob } = await given();
    alice.connection.feed(sendOf(alice));
    bobAnswers(bob, status, comment);
    expect(alice.connection.take()).toContain(` ${expected}\r\n`);
  });

  it.each([
    ["no", 413, false],
    ["partial", 413, true],
    ["partial", 200, false],
  ])("Failure-Report %s: a %s is told: %s", async (failureReport, status, isTold) => {
    const { alice, bob } = await given();
    alice.connection.feed(sendOf(alice, { fields: [`Failure-Report: ${failureReport}`] }));
    bobAnswers(bob, status);
    expect(alice.connection.take().includes(` ${status} `)).toBe(isTold);
  });

  it("MS-09 is 408 when the far end says nothing for 30 s", async () => {
    const { relay, alice, bob } = await given();
    alice.connection.feed(sendOf(alice, { tid: "slow1" }));
    relay.clock.advance(20_000);
    alice.connection.feed(sendOf(alice, { tid: "slow2" }));
    relay.clock.advance(9_999);
    expect(alice.connection.take()).toBe("");
    relay.clock.advance(1);
    expect(alice.connection.take()).toContain("MSRP slow1 408 ");
    relay.clock.advance(20_000);
    expect(alice.connection.take()).toContain("MSRP slow2 408 ");
    bobAnswers(bob);
    expect(alice.connection.take()).toBe("");
  });

  it("a response to nothing, a second one, and one that cannot be read are dropped", async () => {
    const { alice, bob } = await given();
    alice.connection.feed(sendOf(alice));
    const received = bobAnswers(bob);
    alice.connection.take();
    bob.connection.feed(answerTo(received, 413));
    bob.connection.feed(
      "MSRP nobody1 200 OK\r\nTo-Path: msrp://x:1/a;tcp\r\nFrom-Path: msrp://x:1/b;tcp\r\n-------nobody1$\r\n",
    );
    bob.connection.feed("MSRP nobody2 200 OK\r\nTo-Path: ???\r\n-------nobody2$\r\n");
    expect(alice.connection.take()).toBe("");
    expect(bob.connection.closedBecause).toBeUndefined();
  });

  it("a sender with four thousand open requests is read again when they are answered", async () => {
    const { alice, bob } = await given();
    for (let n = 0; n < 4_096; n += 1) alice.connection.feed(sendOf(alice));
    expect(alice.connection.isPaused).toBe(true);
    const [first = ""] = bob.connection.written;
    bob.connection.feed(answerTo(first, 200));
    expect(alice.connection.isPaused).toBe(false);
  });
});

describe("MS-16 a SEND without a body", () => {
  it("is answered here and not carried", async () => {
    const { alice, bob } = await given();
    alice.connection.feed(bodiless(alice.to, alice.from));
    expect(alice.connection.take()).toContain(" 200 OK\r\n");
    expect(bob.connection.take()).toBe("");
  });

  it("RFC 4975 §7.1.3 is reported on where its sender wants that", async () => {
    const { alice } = await given();
    const hello = bodiless(alice.to, alice.from).replace("Byte-Range", "Success-Report: yes\r\nByte-Range");
    alice.connection.feed(hello);
    const said = alice.connection.take();
    expect(said).toContain(" 200 OK\r\n");
    const messageId = /Message-ID: (\S+)/.exec(hello)?.[1];
    expect(said).toContain(
      ` REPORT\r\nTo-Path: ${alice.from}\r\nFrom-Path: ${alice.to}\r\nMessage-ID: ${messageId}\r\nByte-Range: 1-0/0\r\nStatus: 000 200 OK\r\n`,
    );
  });
});

describe("MS-08 a REPORT", () => {
  it("is carried with its Message-ID, and nobody answers it", async () => {
    const { alice, bob } = await given();
    const report = `MSRP dkei38sd REPORT\r\nTo-Path: ${bob.to}\r\nFrom-Path: ${bob.from}\r\nMessage-ID: 12339sdqwer\r\nByte-Range: 1-8/8\r\nStatus: 000 200 OK\r\n-------dkei38sd$\r\n`;
    bob.connection.feed(report);
    const received = alice.connection.take();
    expect(received).toBe(
      report.replaceAll("dkei38sd", tidOf(received)).replace(bob.to, alice.from).replace(bob.from, alice.to),
    );
    alice.connection.feed(answerTo(received, 481));
    expect(bob.connection.take()).toBe("");
  });
});

describe("MS-07 a chunk that is long in coming", () => {
  const begun = (alice: Party, range: string) => {
    const whole = sendOf(alice, { tid: "long0001", range, body: "" });
    return whole.slice(0, whole.indexOf("\r\n\r\n") + 4);
  };

  it("goes on as it comes, and may be interrupted: where it ends is not said", async () => {
    const { alice, bob } = await given();
    alice.connection.feed(begun(alice, "1-9000/9000") + kilobytes(1));
    await turn();
    const beginning = bob.connection.take();
    expect(beginning).toContain("Byte-Range: 1-*/9000\r\n");
    expect(beginning).toMatch(/\r\n\r\nx{1024}$/);
    alice.connection.feed("more");
    expect(bob.connection.take()).toBe("more");
    alice.connection.feed("\r\n-------long0001+\r\n");
    expect(bob.connection.take()).toBe(`\r\n-------${tidOf(beginning)}+\r\n`);
    bob.connection.feed(answerTo(beginning, 200, "OK"));
    expect(alice.connection.take()).toContain("MSRP long0001 200 OK\r\n");
  });

  it("keeps the range of one that is interruptible already", async () => {
    const { alice, bob } = await given();
    alice.connection.feed(`${begun(alice, "2049-*/*")}x`);
    await turn();
    expect(bob.connection.take()).toContain("Byte-Range: 2049-*/*\r\n");
  });

  it("MS-50 lets a response past, and goes on in a chunk of its own", async () => {
    const { alice, bob } = await given();
    alice.connection.feed(begun(alice, "1-*/9000") + kilobytes(3));
    await turn();
    const beginning = bob.connection.take();
    bob.connection.feed(bodiless(bob.to, bob.from));
    const past = bob.connection.take();
    expect(past.startsWith(`\r\n-------${tidOf(beginning)}+\r\nMSRP hello`)).toBe(true);
    alice.connection.feed("rest\r\n-------long0001$\r\n");
    const end = bob.connection.take();
    expect(end).toContain("Byte-Range: 3073-3076/9000\r\n");
    expect(end).toContain(`\r\n\r\nrest\r\n-------${tidOf(end)}$\r\n`);
    bob.connection.feed(answerTo(end, 200));
    expect(alice.connection.take()).toBe("");
    bob.connection.feed(answerTo(beginning, 200));
    expect(alice.connection.take()).toContain("MSRP long0001 200 OK");
  });

  it("MS-50 the worst status of its parts is the response, at once, and the rest is called off", async () => {
    const { alice, bob } = await given();
    alice.connection.feed(begun(alice, "1-*/9000") + kilobytes(3));
    await turn();
    const beginning = bob.connection.take();
    bob.connection.feed(bodiless(bob.to, bob.from));
    alice.connection.feed("more");
    await turn();
    bob.connection.take();
    bob.connection.feed(answerTo(beginning, 413, "Too Big"));
    expect(alice.connection.take()).toContain("MSRP long0001 413 Too Big");
    expect(bob.connection.take()).toMatch(/^\r\n-------\w+#\r\n$/);
    alice.connection.feed("more\r\n-------long0001#\r\n");
    expect(bob.connection.take()).toBe("");
    alice.connection.feed(sendOf(alice));
    expect(bob.connection.take()).toContain("hello");
  });

  it("MS-50 has 2048 octets before it is interrupted, unless its sender has fallen silent", async () => {
    const { relay, alice, bob } = await given();
    alice.connection.feed(`${begun(alice, "1-*/9000")}x`);
    await turn();
    bob.connection.take();
    bob.connection.feed(bodiless(bob.to, bob.from));
    expect(bob.connection.take()).toBe("");
    alice.connection.feed(kilobytes(2));
    expect(bob.connection.take()).toMatch(/^x{2048}\r\n-------\w+\+\r\nMSRP hello\d+ 200 OK/);
    alice.connection.feed("y");
    await turn();
    bob.connection.take();
    bob.connection.feed(bodiless(bob.to, bob.from));
    expect(bob.connection.take()).toBe("");
    relay.clock.advance(10);
    expect(bob.connection.take()).toMatch(/^\r\n-------\w+\+\r\nMSRP hello\d+ 200 OK/);
  });

  it("MS-11 is called off when its sender is gone, and the far end's connection goes on", async () => {
    const { alice, bob } = await given();
    alice.connection.feed(begun(alice, "1-*/9000") + kilobytes(3));
    await turn();
    bob.connection.take();
    alice.connection.destroy("gone");
    expect(bob.connection.take()).toMatch(/^\r\n-------\w+#\r\n$/);
    bob.connection.feed(bodiless(bob.to, bob.from));
    expect(bob.connection.take()).toContain(" 200 OK");
  });

  it("two that share the far connection take turns, and each is whole", async () => {
    const relay = await givenRelay();
    const one = await givenSession(relay);
    const two = await givenSession(relay, { binds: ["caller"] });
    bindOne({ ...two.bob, connection: one.bob.connection });
    one.alice.connection.feed(begun(one.alice, "1-*/9000") + kilobytes(3, "a"));
    await turn();
    two.alice.connection.feed(begun(two.alice, "1-*/9000") + kilobytes(3, "b"));
    await turn();
    one.alice.connection.feed("A\r\n-------long0001$\r\n");
    two.alice.connection.feed("B\r\n-------long0001$\r\n");
    const wire = one.bob.connection.take();
    expect(wire.match(/-------\w+[+$]\r\n/g)).toHaveLength(4);
    expect(wire.replace(/[^ab]/g, "")).toContain("a".repeat(3072));
    expect(wire).toMatch(/Byte-Range: 3073-3073\/9000\r\n(?:[^\r]+\r\n)+\r\nA\r\n-------\w+\$/);
  });
});

describe("MS-22 an end on WebSocket", () => {
  it("gets whole chunks, and large ones in pieces of 64 KiB that say where they belong", async () => {
    const { alice, bob } = await given({ bobTransport: "wss" });
    const body = kilobytes(150);
    const sent = sendOf(alice, { tid: "large001", range: `1-*/${body.length}`, body });
    for (let at = 0; at < sent.length; at += 10_000) alice.connection.feed(sent.slice(at, at + 10_000));
    const frames = bob.connection.written.splice(0);
    expect(frames.map((frame) => /Byte-Range: (\S+)/.exec(frame)?.[1])).toEqual([
      "1-65536/153600",
      "65537-131072/153600",
      "131073-153600/153600",
    ]);
    expect(frames.map((frame) => frame.at(-3))).toEqual(["+", "+", "$"]);
    expect(
      frames
        .join("")
        .match(/x{2,}/g)
        ?.map(({ length }) => length),
    ).toEqual([65_536, 65_536, 22_528]);
    for (const frame of frames.slice(1)) bob.connection.feed(answerTo(frame, 200));
    expect(alice.connection.take()).toBe("");
    bob.connection.feed(answerTo(frames[0] ?? "", 200, "OK"));
    expect(alice.connection.take()).toContain("MSRP large001 200 OK");
  });

  it("gets a small one as it was, however it came", async () => {
    const { alice, bob } = await given({ bobTransport: "wss" });
    const sent = sendOf(alice, { body: "slowly does it" });
    for (const octet of sent) alice.connection.feed(octet);
    const [frame = "", ...more] = bob.connection.written;
    expect(more).toEqual([]);
    expect(frame).toContain("\r\n\r\nslowly does it\r\n");
    expect(frame).not.toContain("Byte-Range");
  });
});

describe("back-pressure: a slow receiver stops its sender", () => {
  it("until what waits for it has left", async () => {
    const { alice, bob } = await given();
    bob.connection.isFull = true;
    alice.connection.feed(sendOf(alice));
    expect(alice.connection.isPaused).toBe(true);
    bob.connection.take();
    alice.connection.feed(sendOf(alice));
    expect(bob.connection.take()).toBe("");
    bob.connection.drain();
    expect(alice.connection.isPaused).toBe(false);
    expect(bob.connection.take()).toContain("hello");
  });

  it("who does not read the responses to what it sends is not read either", async () => {
    const { alice } = await given();
    alice.connection.isFull = true;
    alice.connection.feed(bodiless(alice.to, alice.from));
    expect(alice.connection.isPaused).toBe(true);
    alice.connection.drain();
    expect(alice.connection.isPaused).toBe(false);
  });

  it("a receiver that goes away lets its sender go on", async () => {
    const { alice, bob } = await given();
    bob.connection.isFull = true;
    alice.connection.feed(sendOf(alice, { tid: "lost0001" }));
    bob.connection.destroy("gone");
    expect(alice.connection.isPaused).toBe(false);
    expect(alice.connection.take()).toContain("MSRP lost0001 408 ");
  });
});

describe("PF-14 PF-23 MS-17 what the policy does not let through", () => {
  const strict = { maxMessageBytes: 1_000, contentTypes: ["image/png", "audio/*"] };

  it.each([
    ["text/x-anything", 0],
    ["image/png", 0],
    ["IMAGE/PNG; name=x", 0],
    ["audio/amr", 0],
    ["image/gif", 415],
    ["application/octet-stream", 415],
  ])("%s", async (type, status) => {
    const { alice, bob } = await given({ media: strict });
    alice.connection.feed(sendOf(alice, { type }));
    expect(bob.connection.take() === "").toBe(status !== 0);
    expect(alice.connection.take().includes(" 415 ")).toBe(status !== 0);
  });

  it("what a message/cpim holds counts, for all chunks of it", async () => {
    const { alice, bob } = await given({ media: strict });
    const cpim = (type: string) =>
      `From: <sip:a@x>\r\nTo: <sip:b@x>\r\n\r\nContent-Type: ${type}\r\n\r\nGIF89a`;
    const type = "message/cpim";
    alice.connection.feed(sendOf(alice, { type, body: cpim("image/png") }));
    expect(bob.connection.take()).toContain("GIF89a");
    const first = { type, messageId: "gif00001", range: "1-*/900", flag: "+", body: cpim("image/gif") };
    alice.connection.feed(sendOf(alice, first));
    alice.connection.feed(sendOf(alice, { type, messageId: "gif00001", range: "81-*/900", body: "more" }));
    expect(bob.connection.take()).toBe("");
    expect(alice.connection.take().match(/ 415 /g)).toHaveLength(2);
  });

  it("413 at once by what the Byte-Range says", async () => {
    const { alice, bob } = await given({ media: strict });
    alice.connection.feed(sendOf(alice, { range: "1-*/1001" }));
    alice.connection.feed(sendOf(alice, { range: "1002-*/*" }));
    expect(alice.connection.take().match(/ 413 /g)).toHaveLength(2);
    expect(bob.connection.take()).toBe("");
  });

  it("413 by the octets that come, and what has gone on is called off", async () => {
    const { alice, bob } = await given({ media: strict });
    const whole = sendOf(alice, { tid: "liar0001", range: "1-*/*", body: "x".repeat(1_001) });
    alice.connection.feed(whole.slice(0, -600));
    await turn();
    expect(bob.connection.take()).not.toBe("");
    alice.connection.feed(whole.slice(-600));
    expect(bob.connection.take()).toMatch(/^\r\n-------\w+#\r\n$/);
    expect(alice.connection.take()).toContain("MSRP liar0001 413 ");
    alice.connection.feed(sendOf(alice));
    expect(bob.connection.take()).toContain("hello");
  });

  it("a policy of * takes all there is", async () => {
    const { alice, bob } = await given({ media: { ...policy, contentTypes: ["*"] } });
    alice.connection.feed(sendOf(alice, { type: "x-odd/thing" }));
    expect(bob.connection.take()).toContain("x-odd/thing");
  });
});
