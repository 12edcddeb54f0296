import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { fileToSend, type FileToSend, type OfferedFile, saveFile } from "../src/index.js";
import { settle } from "./given-client.js";
import { aliceSays, answersWith, inSession, invited, inviteFrom, text } from "./given-session.js";
import { isTaker } from "./given-media.js";

const content = "the whole file";
const file: FileToSend = {
  name: 'my "picture".png',
  type: "image/png",
  size: content.length,
  sha1: new Uint8Array(20).fill(0xab),
  source: {
    size: content.length,
    read: (from, most) => new TextEncoder().encode(content.slice(from, from + most)),
  },
};
const digest = Array.from({ length: 20 }, () => "AB").join(":");
const selector = `a=file-selector:name:"my %22picture%22.png" type:image/png size:14 hash:sha-1:${digest}`;

/** What alice answers to an offer with a file: her own line for it. */
const takes = (session: string, ...more: string[]) =>
  aliceSays(
    {},
    { session, direction: "recvonly", types: "image/png", wrapped: "", more: [selector, ...more] },
  );
const over = aliceSays({}, { port: 0 });
/** The same after a file that was not to be: each has a place of its own. */
const takesSecond = (session: string, ...more: string[]) =>
  aliceSays(
    {},
    { port: 0 },
    { session, direction: "recvonly", types: "image/png", wrapped: "", more: [selector, ...more] },
  );
const secondOver = aliceSays({}, { port: 0 }, { port: 0 });

describe("MS-57 RFC 5547 §8.2.1 sending a file", () => {
  it("goes on a line of its own, as one message that the far end reports, and the line ends", async () => {
    const { session, dialog, endpoints, msrp } = await inSession();
    answersWith(dialog, takes("f1"), over);
    const sending = session.sendFile(file);
    const progress: number[] = [];
    sending.onProgress((octets) => progress.push(octets));
    await settle();
    expect(await sending.outcome).toEqual({ kind: "sent" });
    const offer = text(dialog.asked[0]?.parts.body);
    expect(offer.split("m=message")).toHaveLength(3);
    expect(offer).toContain(selector);
    expect(offer).toMatch(/a=file-transfer-id:\S+\r\n/);
    expect(offer).toContain("a=sendonly");
    expect(offer).not.toContain("a=file-range");
    const [, sent] = endpoints.opened;
    expect(sent?.sent.map(({ message }) => message)).toMatchObject([
      {
        contentType: "image/png",
        mimeFields: [["Content-Disposition", 'attachment; filename="my _picture_.png"']],
        wantsSuccessReport: true,
      },
    ]);
    expect(sent?.sent[0]?.text).toBe(content);
    expect(text(dialog.asked[1]?.parts.body)).toContain("m=message 0 TCP/MSRP *\r\n" + selector);
    expect([sent?.isClosed, msrp.isClosed]).toEqual([true, false]);
  });

  it("says what became of it: declined, refused, cancelled by either side", async () => {
    const declined = await inSession();
    answersWith(declined.dialog, aliceSays({}, { port: 0 }));
    expect(await declined.session.sendFile(file).outcome).toEqual({ kind: "declined" });
    answersWith(declined.dialog, 488);
    expect(await declined.session.sendFile(file).outcome).toEqual({ kind: "declined" });
    answersWith(declined.dialog, 500);
    expect(await declined.session.sendFile(file).outcome).toMatchObject({ kind: "refused", status: 500 });

    const ours = await inSession();
    answersWith(ours.dialog, takes("f1"), over);
    const sending = given(ours);
    await settle();
    sending.cancel();
    expect(await sending.outcome).toEqual({ kind: "cancelled", by: "us" });

    const theirs = await inSession();
    answersWith(theirs.dialog, takes("f1"));
    const stopped = given(theirs);
    await settle();
    await theirs.dialog.receive(inviteFrom({ body: aliceSays({ setup: "actpass" }, { port: 0 }) }));
    expect(await stopped.outcome).toEqual({ kind: "cancelled", by: "peer" });
    expect(theirs.endpoints.last.sent[0]?.isAborted).toBe(true);
  });

  it("is not sent where it is larger than the peer takes", async () => {
    const { session, dialog, endpoints } = await inSession();
    answersWith(dialog, takes("f1", "a=max-size:3"), over);
    endpoints.outcome = { kind: "not-allowed", why: "size" };
    expect(await session.sendFile(file).outcome).toMatchObject({ kind: "refused", status: 413 });
    expect(endpoints.last.parts.peerMaxBytes).toBe(3);
  });

  it("goes on after a loss where the far end has the most, as a new transfer of the rest", async () => {
    const all = await inSession();
    answersWith(all.dialog, takes("f1"), over, takesSecond("f2", "a=file-range:6-*"), secondOver);
    const sending = given(all);
    const progress: number[] = [];
    sending.onProgress((octets) => progress.push(octets));
    await settle();
    const [, broken] = all.endpoints.opened;
    broken?.sent[0]?.progress(5);
    broken?.sent[0]?.settle({ kind: "lost", reason: "connection lost", confirmedOctets: 5 });
    await settle();
    const again = all.endpoints.last;
    again.sent[0]?.progress(9);
    again.sent[0]?.settle();
    expect(await sending.outcome).toEqual({ kind: "sent" });
    expect(again.sent[0]?.text).toBe(content.slice(5));
    const [first, rest] = [all.dialog.asked[0], all.dialog.asked[2]].map((asked) => text(asked?.parts.body));
    expect(rest).toContain("a=file-range:6-*");
    expect(idsIn(rest)).toEqual([idsIn(first)[0], expect.not.stringMatching(idsIn(first)[0] ?? "")]);
    expect(progress).toEqual([5, 5, 14]);
  });

  it("begins again with the whole where the receiver does not have the beginning any more", async () => {
    const { session, dialog, endpoints } = await inSession();
    answersWith(dialog, over, takesSecond("f2"), secondOver);
    expect(await session.sendFile(file, { fromOctet: 6 }).outcome).toEqual({ kind: "sent" });
    expect(endpoints.last.sent[0]?.text).toBe(content);
  });

  it("is lost with the session, and says how much has arrived", async () => {
    const all = await inSession();
    answersWith(all.dialog, takes("f1"));
    const sending = given(all);
    await settle();
    all.endpoints.last.sent[0]?.progress(7);
    all.dialog.end();
    expect(await sending.outcome).toEqual({
      kind: "lost",
      reason: "the session is over",
      confirmedOctets: 7,
    });
    expect(await all.session.sendFile(file).outcome).toMatchObject({ kind: "lost", confirmedOctets: 0 });
  });

  /** A file that goes on until the test says otherwise. */
  function given({ session, endpoints }: Awaited<ReturnType<typeof inSession>>) {
    endpoints.outcome = undefined;
    return session.sendFile(file);
  }

  const idsIn = (offer: string | undefined): string[] =>
    [...(offer ?? "").matchAll(/a=file-transfer-id:(\S+)/g)].map(([, id = ""]) => id);
});

/** Alice offers a file beside the messages. */
const offering = (id: string, more: readonly string[] = []) =>
  inviteFrom({
    body: aliceSays(
      { setup: "actpass" },
      {
        setup: "actpass",
        direction: "sendonly",
        session: id,
        types: "image/png",
        wrapped: "",
        more: [selector, `a=file-transfer-id:${id}`, ...more],
      },
    ),
  });

/** Remembers what comes. */
function takerOf(kept: Uint8Array, heard: string[]) {
  return {
    write: (at: number, octets: Uint8Array) => kept.set(octets, at),
    complete: (size: number) => {
      heard.push(`complete ${size}`);
      return Promise.resolve();
    },
    abandon: (reason: string) => void heard.push(reason),
  };
}

describe("MS-57 RFC 5547 §8.3.1 taking a file", () => {
  it("is asked about each, who sees what it is", async () => {
    const { session, dialog } = await invited();
    const offered: OfferedFile[] = [];
    session.onFile((one) => {
      offered.push(one);
      one.decline();
    });
    const answer = await dialog.receive(offering("t1"));
    expect(offered).toMatchObject([
      { name: 'my "picture".png', type: "image/png", size: 14, sha1: digest, fromOctet: 1 },
    ]);
    expect(text(answer.parts.body)).toContain(
      `m=message 0 TCP/MSRP *\r\n${selector}\r\na=file-transfer-id:t1\r\n`,
    );
  });

  it("declines where nobody is asked, nobody decides in time, or the identifier is an old one", async () => {
    const { session, dialog, clock } = await invited();
    const refused = async (id: string, meanwhile = (): void => undefined) => {
      const answering = dialog.receive(offering(id));
      await settle();
      meanwhile();
      return text((await answering).parts.body).includes("m=message 0 TCP/MSRP *");
    };
    expect(await refused("t1")).toBe(true);
    session.onFile(() => undefined);
    expect(await refused("t2", () => clock.advance(25_000))).toBe(true);
    session.onFile((one) => void one.accept(takerOf(new Uint8Array(20), [])));
    expect(await refused("t2")).toBe(true);
    expect(await refused("t3")).toBe(false);
  });

  it("R-client-3 is lost at once where it is accepted after it was declined, or nobody waits any more", async () => {
    const { session, dialog, clock } = await invited();
    const offered: OfferedFile[] = [];
    session.onFile((one) => void offered.push(one));
    const answering = dialog.receive(offering("t1"));
    await settle();
    clock.advance(25_000);
    await answering;
    const heard: string[] = [];
    const receiving = offered[0]?.accept(takerOf(new Uint8Array(20), heard));
    expect(await receiving?.outcome).toEqual({ kind: "lost", reason: "the offer is over" });
    expect(heard).toEqual(["the offer is over"]);
  });

  it("is lost where the session ends before it is accepted", async () => {
    const { session, dialog } = await invited();
    const offered: OfferedFile[] = [];
    session.onFile((one) => void offered.push(one));
    void dialog.receive(offering("t1"));
    await settle();
    dialog.end();
    const receiving = offered[0]?.accept(takerOf(new Uint8Array(20), []));
    expect(await receiving?.outcome).toEqual({ kind: "lost", reason: "the session is over" });
  });

  it("takes it piece by piece to where it belongs, and tells of its progress and end", async () => {
    const { session, dialog, endpoints } = await invited();
    const kept = new Uint8Array(14);
    const heard: unknown[] = [];
    session.onFile((one) => {
      const receiving = one.accept(takerOf(kept, heard as string[]));
      receiving.onProgress((octets) => heard.push(octets));
      void receiving.outcome.then((outcome) => heard.push(outcome));
    });
    const answer = await dialog.receive(offering("t1", ["a=file-range:6-*"]));
    expect(text(answer.parts.body)).toContain("a=file-range:6-*");
    expect(text(answer.parts.body)).toContain("a=recvonly");
    const taker = endpoints.last.begin("image/png");
    if (!isTaker(taker)) throw new Error("not taken");
    await taker.write(0, new TextEncoder().encode(content.slice(5)));
    await taker.complete(9);
    await settle();
    expect(text(kept.subarray(5))).toBe(content.slice(5));
    expect(heard).toEqual([14, "complete 14", { kind: "received", size: 14 }]);
    expect(endpoints.last.begin("image/png")).toEqual({ refuse: 413 });
    await dialog.receive(inviteFrom({ body: aliceSays({ setup: "actpass" }, { port: 0 }) }));
    expect(endpoints.last.isClosed).toBe(true);
    expect(heard).toHaveLength(3);
  });

  it("is lost when it breaks off, is of another size, or the sender stops", async () => {
    const { session, dialog, endpoints } = await invited();
    const outcomes: unknown[] = [];
    const abandoned: string[] = [];
    session.onFile((one) => {
      void one
        .accept(takerOf(new Uint8Array(20), abandoned))
        .outcome.then((outcome) => outcomes.push(outcome));
    });
    await dialog.receive(offering("t1"));
    endpoints.last.fail("connection lost");
    await dialog.receive(offering("t2"));
    const taker = endpoints.last.begin("image/png");
    if (!isTaker(taker)) throw new Error("not taken");
    await expect(taker.complete(3)).rejects.toMatchObject({ status: 413 });
    await dialog.receive(offering("t3"));
    await dialog.receive(inviteFrom({ body: aliceSays({ setup: "actpass" }, { port: 0 }) }));
    await dialog.receive(offering("t4"));
    dialog.end();
    await settle();
    expect(outcomes).toEqual([
      { kind: "lost", reason: "connection lost" },
      { kind: "lost", reason: "3 octets came, and 14 were offered" },
      { kind: "lost", reason: "the sender has stopped" },
      { kind: "lost", reason: "the session is over" },
    ]);
    expect(abandoned).toHaveLength(4);
  });

  it("can be stopped by the receiver, who closes the line", async () => {
    const { session, dialog } = await invited();
    answersWith(dialog, over);
    let cancel: () => void = () => undefined;
    session.onFile((one) => {
      const receiving = one.accept(takerOf(new Uint8Array(20), []));
      cancel = () => receiving.cancel();
    });
    await dialog.receive(offering("t1"));
    cancel();
    await settle();
    expect(text(dialog.asked[0]?.parts.body)).toContain("m=message 0 TCP/MSRP *\r\na=file-selector");
  });
});

describe("files on disk", () => {
  const offerOf = (more: Partial<OfferedFile>): OfferedFile => ({
    name: "a.txt",
    type: "text/plain",
    size: 14,
    sha1: undefined,
    fromOctet: 1,
    accept: () => {
      throw new Error("not here");
    },
    decline: () => undefined,
    ...more,
  });
  const octets = new TextEncoder().encode(content);

  it("are sent with their size, their type and their hash", async () => {
    const folder = await mkdtemp(join(tmpdir(), "files-"));
    const path = join(folder, "a.txt");
    await writeFile(path, content);
    const open = await fileToSend(path);
    expect(open).toMatchObject({ name: "a.txt", type: "text/plain", size: 14 });
    expect(Buffer.from(open.sha1 ?? []).toString("hex")).toBe("7a749842e4128dd39b74467c2427ccafec545d78");
    expect(open.source.read(4, 5)).toEqual(Buffer.from("whole"));
    expect((await fileToSend(path, "x/y")).type).toBe("x/y");
    open.close();
    await expect(fileToSend(folder)).rejects.toThrow("is no file");
    await expect(fileToSend(join(folder, "none"))).rejects.toThrow("ENOENT");
  });

  it("are received under a name that is safe and free", async () => {
    const folder = await mkdtemp(join(tmpdir(), "files-"));
    const names: (string | undefined)[] = [];
    for (const name of ["a.txt", "a.txt", "../../etc/passwd", "..", "C:\\x\\\u001b[2Ky.txt", undefined]) {
      const saved = await saveFile(offerOf({ name }), join(folder, "in"));
      await saved.write(5, octets.subarray(5));
      await saved.write(0, octets.subarray(0, 5));
      expect(saved.path).toBeUndefined();
      await saved.complete(14);
      names.push(saved.path?.slice(folder.length));
    }
    expect(names).toEqual([
      "/in/a.txt",
      "/in/a (1).txt",
      "/in/passwd",
      "/in/file",
      "/in/_[2Ky.txt",
      "/in/file (1)",
    ]);
    expect(await readFile(join(folder, "in", "a.txt"), "utf8")).toBe(content);
  });

  it("MS-57 go on where they broke off, and are refused when the hash is another", async () => {
    const folder = await mkdtemp(join(tmpdir(), "files-"));
    const path = join(folder, "source");
    await writeFile(path, content);
    const source = await fileToSend(path);
    source.close();
    const sha1 = Array.from(source.sha1 ?? [], (octet) =>
      octet.toString(16).padStart(2, "0").toUpperCase(),
    ).join(":");
    const broken = await saveFile(offerOf({ sha1 }), folder);
    await broken.write(0, octets.subarray(0, 5));
    broken.abandon("lost");
    broken.abandon("lost");
    await expect(saveFile(offerOf({ sha1, fromOctet: 9 }), folder)).rejects.toThrow(
      "what came before is not here",
    );
    const rest = await saveFile(offerOf({ sha1, fromOctet: 6 }), folder);
    await rest.write(5, octets.subarray(5));
    await rest.complete(14);
    expect(await readFile(rest.path ?? "", "utf8")).toBe(content);
    expect((await saveFile(offerOf({ sha1, fromOctet: 6 }), folder)).path).toBe(rest.path);
    const forged = await saveFile(offerOf({ sha1, name: "b.txt" }), folder);
    await forged.write(0, octets.subarray(0, 5));
    await expect(forged.complete(5)).rejects.toMatchObject({ status: 413 });
    expect((await readdir(folder)).sort()).toEqual(["a.txt", "source"]);
  });

  it("MS-57 are there once when two transfers of one end together, and nothing is written after the end", async () => {
    const folder = await mkdtemp(join(tmpdir(), "files-"));
    const path = join(folder, "source");
    await writeFile(path, content);
    const source = await fileToSend(path);
    source.close();
    const sha1 = Array.from(source.sha1 ?? [], (octet) =>
      octet.toString(16).padStart(2, "0").toUpperCase(),
    ).join(":");
    const one = await saveFile(offerOf({ sha1 }), folder);
    await one.write(0, octets);
    const other = await saveFile(offerOf({ sha1, fromOctet: 6 }), folder);
    await one.complete(14);
    await other.write(5, octets.subarray(5));
    await other.complete(14);
    await one.write(0, new Uint8Array(14));
    expect(other.path).toBe(one.path);
    expect(await readFile(one.path ?? "", "utf8")).toBe(content);
    expect((await readdir(folder)).sort()).toEqual(["a.txt", "source"]);
  });
});
