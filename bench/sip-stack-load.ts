/** The other side of `sip-stack.ts`, a process of its own: a sender that keeps 64 messages open, and a device. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { LoadReport } from "./sip-stack.js";

const warmUp = 20_000;
const open = 64;
const mostSeconds = 40;
const body = "hello ".repeat(20);

const port = Number(process.argv[2]);
const messages = Number(process.argv[3]) + warmUp;
const sender = await socket();
const device = await socket();
let sent = 0;
let answered = 0;
let startedMs = 0;

device.on("message", (request, from) =>
  device.send(answerTo(request.toString("latin1")), from.port, from.address),
);
sender.on("message", () => {
  answered += 1;
  if (answered === warmUp) begin();
  if (sent < messages) send();
  if (answered === messages) end();
});
report({ kind: "ready", devicePort: device.address().port });
const givingUp = setTimeout(end, mostSeconds * 1_000);
setTimeout(() => {
  while (sent < open) send();
}, 200);

function begin(): void {
  startedMs = performance.now();
  report({ kind: "warm" });
}

function end(): void {
  clearTimeout(givingUp);
  report({ kind: "done", answered: answered - warmUp, seconds: (performance.now() - startedMs) / 1_000 });
  process.disconnect();
  sender.close();
  device.close();
}

function report(line: LoadReport): void {
  process.send?.(line);
}

function send(): void {
  sent += 1;
  const lines = [
    "MESSAGE sip:bob@127.0.0.1 SIP/2.0",
    `Via: SIP/2.0/UDP 127.0.0.1:${sender.address().port};branch=z9hG4bK-${process.pid}-${sent};rport`,
    "Max-Forwards: 70",
    `From: <sip:alice@127.0.0.1>;tag=f${sent}`,
    "To: <sip:bob@127.0.0.1>",
    `Call-ID: ${sent}-${process.pid}@127.0.0.1`,
    "CSeq: 1 MESSAGE",
    "User-Agent: bench",
    "Content-Type: text/plain",
    `Content-Length: ${body.length}`,
    "",
    body,
  ];
  sender.send(lines.join("\r\n"), port, "127.0.0.1");
}

function answerTo(request: string): string {
  const kept = request
    .slice(0, request.indexOf("\r\n\r\n"))
    .split("\r\n")
    .filter((line) => /^(?:via|from|to|call-id|cseq):/i.test(line))
    .map((line) => (line.startsWith("To:") ? `${line};tag=device` : line));
  return ["SIP/2.0 200 OK", ...kept, "Content-Length: 0", "", ""].join("\r\n");
}

async function socket(): Promise<Socket> {
  const opened = createSocket({
    type: "udp4",
    recvBufferSize: 4 << 20,
    sendBufferSize: 4 << 20,
    lookup: (address, _options, found) => found(null, address, 4),
  });
  const listening = once(opened, "listening");
  opened.bind(0, "127.0.0.1");
  await listening;
  return opened;
}
