import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createRequest, createResponse, type IncomingRequest, type SipRequest } from "@heliograph/sip";
import { createSipStack } from "@heliograph/sip-stack";

/** What the SIP stack costs by itself: MESSAGE in, MESSAGE out, 200 in, 200 out, over UDP, with nothing decided. */
export interface SipStackFigures {
  readonly cpuMicrosPerMessage: number;
  readonly messagesPerSecond: number;
  readonly lost: number;
}

/** What `sip-stack-load` reports. */
export type LoadReport =
  | { readonly kind: "ready"; readonly devicePort: number }
  | { readonly kind: "warm" }
  | { readonly kind: "done"; readonly answered: number; readonly seconds: number };

/** Relays between two sockets of a second process: first to warm up, then `messages` that count. */
export async function benchSipStack({ messages = 60_000 } = {}): Promise<SipStackFigures> {
  const stack = createSipStack({ listen: [{ transport: "udp", address: "127.0.0.1", port: 0 }] });
  await stack.start();
  const port = stack.listeningPoints[0]?.port ?? 0;
  const script = fileURLToPath(new URL("./sip-stack-load.js", import.meta.url));
  const load = fork(script, [String(port), String(messages)]);
  try {
    return await new Promise<SipStackFigures>((resolve, reject) => {
      let before = process.cpuUsage();
      load.once("exit", () => reject(new Error("the generator ended without a report")));
      load.on("message", (report: LoadReport) => {
        if (report.kind === "ready") {
          const flowId = `udp,127.0.0.1,${port},127.0.0.1,${report.devicePort}`;
          stack.onRequest((incoming) => void relay(incoming, flowId));
        } else if (report.kind === "warm") before = process.cpuUsage();
        else {
          const { user, system } = process.cpuUsage(before);
          const { answered, seconds } = report;
          resolve({
            cpuMicrosPerMessage: (user + system) / answered,
            messagesPerSecond: answered / seconds,
            lost: messages - answered,
          });
        }
      });
    });
  } finally {
    load.kill();
    await stack.stop();
  }

  async function relay(incoming: IncomingRequest, flowId: string): Promise<void> {
    const outcome = await stack.send(
      forwarded(incoming.request),
      { kind: "flow", flowId },
      { timeoutMs: 8_000 },
    );
    const status = outcome.kind === "response" ? outcome.response.status : 480;
    incoming.respond(createResponse(incoming.request, status, { toTag: "bench" }));
  }
}

function forwarded({ method, requestUri, headers, body, callId }: SipRequest): SipRequest {
  return createRequest({
    method,
    requestUri,
    headers: [
      ["Max-Forwards", "69"],
      ["From", headers.get("from") ?? ""],
      ["To", headers.get("to") ?? ""],
      ["Call-ID", callId],
      ["CSeq", "1 MESSAGE"],
      ["Content-Type", headers.get("content-type") ?? ""],
    ],
    body,
  });
}
