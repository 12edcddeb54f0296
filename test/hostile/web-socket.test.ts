import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { WebSocket } from "ws";
import { BesiegedServer } from "./besieged-server.js";
import { sipText, token } from "./sip-text.js";
import { rawConnection, until } from "./wire.js";

let besieged: BesiegedServer;
const sockets: WebSocket[] = [];
beforeAll(async () => {
  besieged = await BesiegedServer.start();
}, 60_000);
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await besieged.mustServe();
});
afterAll(() => besieged?.stop());

/** A WebSocket for SIP, and the SIP messages that came over it. */
async function given(transport: "ws" | "wss" = "ws") {
  const url = `${transport}://127.0.0.1:${besieged.server.ports[transport]}/`;
  const socket = new WebSocket(url, "sip", { rejectUnauthorized: false });
  sockets.push(socket);
  const answers: string[] = [];
  let isClosed = false;
  socket.on("message", (data: Buffer) => answers.push(data.toString()));
  socket.on("close", () => (isClosed = true));
  socket.on("error", () => undefined);
  await once(socket, "open");
  return {
    socket,
    answers,
    answered: () => until(() => answers.some((text) => text.startsWith("SIP/2.0")), "there is an answer"),
    closed: () => until(() => isClosed, "it is closed"),
  };
}

const text = (body: string, headers = {}) => sipText({ transport: "WS", body, headers });

describe("GEN-42 SIP over WebSocket, from peers that are careless or worse", () => {
  it.each(["ws", "wss"] as const)(
    "text, binary and fragmented frames are one message each over %s",
    async (transport) => {
      const { socket, answers } = await given(transport);
      const [asText, asBinary, inPieces] = [token(), token(), token()];
      socket.send(text(asText));
      socket.send(Buffer.from(text(asBinary)));
      const whole = text(inPieces);
      for (let at = 0; at < whole.length; at += 50)
        socket.send(whole.slice(at, at + 50), { fin: at + 50 >= whole.length });
      await until(() => answers.length === 3, "there are three answers");
      for (const answer of answers) expect(answer).toMatch(/^SIP\/2\.0 200 /);
      for (const mark of [asText, asBinary, inPieces]) expect(besieged.messagesWith(mark)).toHaveLength(1);
    },
  );

  it("a message without Content-Length is whole (RFC 7118 §5)", async () => {
    const { socket, answers, answered } = await given();
    const mark = token();
    socket.send(text(mark, { "Content-Length": undefined }));
    await answered();
    expect(answers[0]).toMatch(/^SIP\/2\.0 200 /);
    expect(besieged.messagesWith(mark)).toMatchObject([{ text: mark }]);
  });

  it("two messages in one frame are not two messages", async () => {
    const { socket, answers, answered } = await given();
    const [first, second] = [token(), token()];
    socket.send(text(first) + text(second));
    await answered();
    await besieged.mustServe();
    expect(answers).toHaveLength(1);
    expect(besieged.messagesWith(second)).toEqual([]);
  });

  it("half a message in a frame gets 400, and the other half gets nothing", async () => {
    const { socket, answers, answered } = await given();
    const whole = text("half and half");
    socket.send(whole.slice(0, whole.length - 5));
    socket.send(whole.slice(whole.length - 5));
    await answered();
    await besieged.mustServe();
    expect(answers).toHaveLength(1);
    expect(answers[0]).toMatch(/^SIP\/2\.0 400 /);
    expect(besieged.messagesWith("half")).toEqual([]);
  });

  it("a text frame that is no UTF-8 ends the connection, in a binary one the body may be anything", async () => {
    const careless = await given();
    const octets = Buffer.concat([
      Buffer.from(text("12345678", { "Content-Length": "10" })),
      Buffer.from([0xff, 0xfe]),
    ]);
    careless.socket.send(octets, { binary: false });
    await careless.closed();
    const { socket, answers, answered } = await given();
    socket.send(octets, { binary: true });
    await answered();
    expect(answers[0]).toMatch(/^SIP\/2\.0 200 /);
  });

  it("a message that is too large ends the connection, in one frame and in many", async () => {
    const one = await given();
    one.socket.send("x".repeat(2_000_000));
    await one.closed();
    const many = await given();
    for (let sent = 0; sent < 200; sent += 1) many.socket.send("x".repeat(10_000), { fin: false });
    await many.closed();
  });

  it("ten thousand empty fragments end the connection", async () => {
    const { socket, closed } = await given();
    for (let sent = 0; sent < 10_000; sent += 1) socket.send("", { fin: false });
    await closed();
  });

  it("what is not SIP at all gets no answer, and keep-alives of CRLF do", async () => {
    const { socket, answers } = await given();
    socket.send("hello");
    socket.send('{"jsonrpc":"2.0"}');
    socket.send(Buffer.alloc(1_000));
    socket.send("\r\n\r\n");
    await until(() => answers.length > 0, "there is a pong");
    expect(answers).toEqual(["\r\n"]);
  });

  it.each([
    ["no subprotocol", []],
    ["another subprotocol", ["msrp"]],
  ])("a handshake with %s is refused", async (_what, protocols: string[]) => {
    const socket = new WebSocket(`ws://127.0.0.1:${besieged.server.ports.ws}/`, protocols);
    sockets.push(socket);
    const refused = once(socket, "error");
    expect(String((await refused)[0])).toContain("400");
  });

  it.each([
    ["plain HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", /^HTTP\/1\.1 426 /],
    ["SIP without WebSocket", sipText({ transport: "WS", body: "bare" }), /^HTTP\/1\.1 400 /],
    [
      "a handshake of 100 kB",
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(100_000)}\r\n\r\n`,
      /^HTTP\/1\.1 431 /,
    ],
    ["frames without a handshake", "\x81\x85aaaa\x09\x04\x0d\x0d\x0e", /^HTTP\/1\.1 400 /],
  ])("%s on the port of WebSocket gets an HTTP error", async (_what, said, expected) => {
    const peer = await rawConnection(besieged.server.ports.ws);
    peer.send(said);
    await peer.closed(8_000);
    expect(peer.arrived).toMatch(expected);
    expect(besieged.messagesWith("bare")).toEqual([]);
  });

  it("an unmasked frame, and one of a kind that is reserved, end the connection", async () => {
    for (const frame of ["\x81\x05hello", "\x83\x80aaaa", "\xf1\x80aaaa"]) {
      const peer = await rawConnection(besieged.server.ports.ws);
      const key = Buffer.from(token()).toString("base64");
      const upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"];
      peer.send(
        [
          "GET / HTTP/1.1",
          "Host: x",
          ...upgrade,
          `Sec-WebSocket-Key: ${key}`,
          "Sec-WebSocket-Protocol: sip",
          "",
          "",
        ].join("\r\n"),
      );
      await until(() => peer.arrived.includes("101 Switching"), "the handshake is done");
      peer.send(Buffer.from(frame, "latin1"));
      await peer.closed(8_000);
    }
  });

  it("GEN-14 and all of it is counted", async () => {
    expect(await besieged.count("heliograph_sip_stack_handshakes_refused_total")).toBeGreaterThanOrEqual(3);
    expect(await besieged.count("heliograph_sip_stack_malformed_answered_total")).toBeGreaterThanOrEqual(1);
    expect(await besieged.count("heliograph_sip_stack_malformed_dropped_total")).toBeGreaterThanOrEqual(3);
  });
});
