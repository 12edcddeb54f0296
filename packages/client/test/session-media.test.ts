import { describe, expect, it } from "@jest/globals";
import { parseMsrpDescription } from "@heliograph/sdp";
import type { Line, LineUser, LiveLine, OpenedLine } from "../src/session/line.js";
import { LocalEnds } from "../src/session/local-ends.js";
import { type MediaTransport, mediaTransportOf } from "../src/session/media-transport.js";
import { chatAccepts, defaultSessionLimits } from "../src/session/session-context.js";
import { closed, SessionMedia } from "../src/session/session-media.js";
import { ScriptedEndpoints } from "./given-media.js";

class RememberingUser implements LineUser {
  readonly opened: OpenedLine[] = [];
  readonly closed: string[] = [];
  open(line: OpenedLine): void {
    this.opened.push(line);
  }
  close(why: string): void {
    this.closed.push(why);
  }
  get last(): OpenedLine {
    const line = this.opened.at(-1);
    if (!line) throw new Error("never opened");
    return line;
  }
}

/** One side of an exchange. */
class Side {
  readonly user = new RememberingUser();
  readonly ends: LocalEnds;
  readonly media: SessionMedia;

  constructor(
    readonly host: string,
    transports: ("tcp" | "tls")[] = ["tcp"],
  ) {
    this.ends = new LocalEnds(new ScriptedEndpoints(host, transports));
    this.media = new SessionMedia(this.ends, "1");
  }

  async chat(reach: MediaTransport = "tcp", more: Partial<LiveLine> = {}): Promise<LiveLine> {
    return {
      kind: "live",
      user: this.user,
      end: await this.ends.create(reach),
      accepts: chatAccepts(defaultSessionLimits),
      direction: "sendrecv",
      ...more,
    };
  }
}

const sdpOf = (octets: Uint8Array): string => new TextDecoder().decode(octets);

function read(octets: Uint8Array) {
  const description = parseMsrpDescription(octets);
  if (!description.ok) throw new Error(description.error.rule);
  return description.value;
}

/** One side offers, the other answers; what each said. */
async function exchange(offerer: Side, answerer: Side, lines: readonly Line[]) {
  const offer = offerer.media.offer(lines);
  const answered = await answerer.media.answer(read(offer.body), (media) =>
    answerer.chat(mediaTransportOf(media), media.file && { file: media.file, direction: "recvonly" }),
  );
  if (answered.kind === "refused") return { offer: sdpOf(offer.body), answer: answered };
  answered.apply();
  expect(offerer.media.take(offer, answered.body)).toEqual({ kind: "taken" });
  return { offer: sdpOf(offer.body), answer: sdpOf(answered.body) };
}

describe("CL-20 RFC 4975 §8 what a client offers", () => {
  it("CL-22 says what deployed clients say: one line for messages, types, path, setup, direction", async () => {
    const alice = new Side("192.0.2.1");
    const bob = new Side("192.0.2.2");
    const { offer, answer } = await exchange(alice, bob, [await alice.chat()]);
    expect(offer.split("\r\n")).toEqual(
      expect.arrayContaining([
        "m=message 2855 TCP/MSRP *",
        "a=accept-types:message/cpim application/im-iscomposing+xml",
        "a=accept-wrapped-types:text/plain message/imdn+xml",
        "a=path:msrp://192.0.2.1:2855/s1;tcp",
        "a=setup:actpass",
        "a=sendrecv",
      ]),
    );
    expect(answer).toContain("a=setup:passive");
    expect(bob.user.last).toMatchObject({ role: "passive", direction: "sendrecv" });
    expect(alice.user.last).toMatchObject({
      role: "active",
      connectTo: { host: "192.0.2.2", port: 2855, isSecure: false },
    });
  });

  it("CL-23 offers port 9 and setup:active where nobody can connect to it", async () => {
    const alice = new Side("192.0.2.1", []);
    const bob = new Side("192.0.2.2");
    const { offer } = await exchange(alice, bob, [await alice.chat()]);
    expect(offer).toContain("m=message 9 TCP/MSRP *");
    expect(offer).toContain("a=setup:active");
    expect([alice.user.last.role, bob.user.last.role]).toEqual(["active", "passive"]);
  });

  it("MS-12 over TLS names its certificate; over WebSocket it is TLS, and it connects", async () => {
    const alice = new Side("192.0.2.1", ["tls"]);
    const { body } = alice.media.offer([await alice.chat("tls"), await alice.chat("ws")]);
    const [tls = "", ws = ""] = sdpOf(body).split("m=message ").slice(1);
    expect(tls).toMatch(/^2855 TCP\/TLS\/MSRP \*\r\n/);
    expect(tls).toContain("a=path:msrps://192.0.2.1:2855/s1;tcp");
    expect(tls).toContain("a=fingerprint:sha-256 AB:AB");
    expect(ws).toMatch(/^9 TCP\/TLS\/MSRP \*\r\n/);
    expect(ws).toContain("a=path:msrps://s2.invalid:9/s2;ws");
    expect(ws).toContain("a=setup:active");
  });

  it("MS-24 puts a relay of its own before its URI", async () => {
    const endpoints = new ScriptedEndpoints("192.0.2.1");
    const relay = { uri: "msrps://relay.example:2855;tcp", username: "alice", password: "secret" };
    const ends = new LocalEnds(endpoints, relay);
    const end = await ends.create("tls");
    expect(endpoints.asked).toEqual([{ ...relay, from: "msrps://192.0.2.1:2855/s1;tcp" }]);
    expect(ends.describe(end, chatAccepts(defaultSessionLimits)).path.map(({ text }) => text)).toEqual([
      "msrps://relay.example:2855/u1;tcp",
      "msrps://192.0.2.1:2855/s1;tcp",
    ]);
    expect(ends.abilityOf(end)).toBe("either");
  });
});

describe("RFC 3264 §6 what a client answers", () => {
  it("refuses what it cannot read, or when nobody could connect, with 488 and a Warning", async () => {
    const alice = new Side("192.0.2.1", []);
    const bob = new Side("192.0.2.2", []);
    const { answer } = await exchange(alice, bob, [await alice.chat()]);
    expect(answer).toMatchObject({ kind: "refused", status: 488, warning: 399 });
  });

  it("takes one line for messages, and refuses what nobody takes with port 0", async () => {
    const alice = new Side("192.0.2.1");
    const bob = new Side("192.0.2.2");
    const audio = { media: "audio", port: 4000, protocol: "RTP/AVP", formats: "0" };
    const offer = alice.media.offer([await alice.chat(), await alice.chat()]);
    let asked = 0;
    const answered = await bob.media.answer(read(offer.body), () => {
      asked += 1;
      return asked === 1 ? bob.chat() : Promise.resolve(undefined);
    });
    if (answered.kind === "refused") throw new Error(answered.reason);
    expect(sdpOf(answered.body)).toContain("m=message 0 TCP/MSRP *");
    expect(alice.media.take(offer, answered.body)).toEqual({ kind: "taken" });
    expect(alice.user.closed).toEqual(["refused"]);
    expect(sdpOf(alice.media.offer([closed(audio)]).body)).toContain("m=audio 0 RTP/AVP 0");
  });

  it("cannot use an answer that breaks the rules", async () => {
    const alice = new Side("192.0.2.1");
    const offer = alice.media.offer([await alice.chat()]);
    expect(alice.media.take(offer, new Uint8Array())).toMatchObject({ kind: "illegal" });
    expect(alice.media.take(offer, new TextEncoder().encode("v=0\r\ns=-\r\n"))).toMatchObject({
      kind: "illegal",
    });
  });
});

describe("RFC 3264 §8 offers in a session", () => {
  it("RFC 4975 §8.4 the same offer has the same octets, and keeps the end of both", async () => {
    const alice = new Side("192.0.2.1");
    const bob = new Side("192.0.2.2");
    const first = await exchange(alice, bob, [await alice.chat()]);
    const again = await exchange(alice, bob, alice.media.lines);
    expect(again).toEqual(first);
    expect(bob.user.opened.map(({ end }) => end.uri.text)).toEqual([
      "msrp://192.0.2.2:2855/s1;tcp",
      "msrp://192.0.2.2:2855/s1;tcp",
    ]);
    expect(bob.user.last.role).toBe("passive");
  });

  it("who connected goes on as the one who does, whoever offers", async () => {
    const alice = new Side("192.0.2.1");
    const bob = new Side("192.0.2.2");
    await exchange(alice, bob, [await alice.chat()]);
    const { answer } = await exchange(bob, alice, bob.media.lines);
    expect(answer).toContain("a=setup:active");
    expect([alice.user.last.role, bob.user.last.role]).toEqual(["active", "passive"]);
  });

  it("hold and resume change the direction and the version alone", async () => {
    const alice = new Side("192.0.2.1");
    const bob = new Side("192.0.2.2");
    const first = await exchange(alice, bob, [await alice.chat()]);
    const held = alice.media.lines.map((line) => ({ ...line, direction: "sendonly" }) as Line);
    const { offer } = await exchange(alice, bob, held);
    expect(offer).toBe(first.offer.replace("a=sendrecv", "a=sendonly").replace(/(o=- 1 )1 /, "$12 "));
    expect(bob.user.last.direction).toBe("recvonly");
    expect(alice.user.last.direction).toBe("sendonly");
  });

  it("RFC 4975 §8.4 a peer with another path gets another end", async () => {
    const alice = new Side("192.0.2.1");
    const bob = new Side("192.0.2.2");
    await exchange(alice, bob, [await alice.chat()]);
    const end = await alice.ends.create("tcp");
    await exchange(
      alice,
      bob,
      alice.media.lines.map((line) => ({ ...line, end }) as Line),
    );
    expect(bob.user.opened.map(({ end: { uri } }) => uri.text)).toEqual([
      "msrp://192.0.2.2:2855/s1;tcp",
      "msrp://192.0.2.2:2855/s2;tcp",
    ]);
    expect(bob.user.last.peer.path[0].text).toBe(end.uri.text);
  });

  it("an offer that was refused has changed nothing", async () => {
    const alice = new Side("192.0.2.1");
    const bob = new Side("192.0.2.2");
    const first = await exchange(alice, bob, [await alice.chat()]);
    alice.media.offer([await alice.chat("tls")]);
    expect(sdpOf(alice.media.offer(alice.media.lines).body)).toBe(first.offer);
    expect(alice.user.closed).toEqual([]);
  });

  it("RFC 5547 §8.1 MS-57 a line that is over keeps its place and its file, with port 0", async () => {
    const alice = new Side("192.0.2.1");
    const bob = new Side("192.0.2.2");
    const file = { selector: { name: "a.png", size: 3, hashes: [] }, transferId: "t1" };
    const user = new RememberingUser();
    await exchange(alice, bob, [await alice.chat()]);
    await exchange(alice, bob, [
      ...alice.media.lines,
      await alice.chat("tcp", { user, file, direction: "sendonly" }),
    ]);
    expect(user.last).toMatchObject({ direction: "sendonly", peer: { file } });
    const [chat] = alice.media.lines;
    const line = { media: "message", port: 0, protocol: "TCP/MSRP", formats: "*" };
    const { offer, answer } = await exchange(alice, bob, [...(chat ? [chat] : []), closed(line, file)]);
    expect(user.closed).toEqual(["removed"]);
    for (const said of [offer]) {
      const [, , last = ""] = said.split("m=message ");
      expect(last.split("\r\n")).toEqual([
        "0 TCP/MSRP *",
        'a=file-selector:name:"a.png" size:3',
        "a=file-transfer-id:t1",
        "",
      ]);
    }
    expect(answer).toContain("m=message 0 TCP/MSRP *");
  });

  it("MS-57 a known identifier with another file is refused, the same one goes on", async () => {
    const alice = new Side("192.0.2.1");
    const bob = new Side("192.0.2.2");
    const file = { selector: { name: "a.png", size: 3, hashes: [] }, transferId: "t1" };
    const line = await alice.chat("tcp", { file, direction: "sendonly" });
    await exchange(alice, bob, [line]);
    await exchange(alice, bob, [line]);
    expect(bob.user.opened).toHaveLength(2);
    const other = alice.media.offer([{ ...line, file: { ...file, selector: { size: 4, hashes: [] } } }]);
    const answered = await bob.media.answer(read(other.body), () => Promise.resolve(undefined));
    if (answered.kind === "refused") throw new Error(answered.reason);
    expect(sdpOf(answered.body)).toContain("m=message 0 TCP/MSRP *");
  });

  it("the end of the session ends every line", async () => {
    const alice = new Side("192.0.2.1");
    await exchange(alice, new Side("192.0.2.2"), [await alice.chat()]);
    alice.media.close();
    alice.media.close();
    expect(alice.user.closed).toEqual(["over"]);
  });
});
