import { expect } from "@jest/globals";
import { answerTo, sipText, token } from "./sip-text.js";
import { messagesOf, rawConnection, type RawConnection, until } from "./wire.js";

/** A device that shows every octet of what it is sent, and answers 200 to it. */
export interface RawDevice extends RawConnection {
  /** The request that holds `mark`, as it came. */
  received(mark: string): Promise<string>;
}

/** Registers a user over a TCP connection on which nothing is hidden. */
export async function rawDevice(port: number, user: string): Promise<RawDevice> {
  const peer = await rawConnection(port);
  const callId = token();
  const aor = `sip:${user}@127.0.0.1`;
  const register = (cseq: number, authorization?: string) =>
    sipText({
      method: "REGISTER",
      uri: "sip:127.0.0.1",
      transport: "TCP",
      headers: {
        From: `<${aor}>;tag=1`,
        To: `<${aor}>`,
        Contact: `<sip:${user}@${user}.invalid;transport=tcp>;+sip.instance="<urn:uuid:${token()}>";reg-id=1`,
        Supported: "path, outbound",
        "Call-ID": callId,
        CSeq: `${cseq} REGISTER`,
        Authorization: authorization,
      },
    });
  peer.send(register(1));
  const challenge = await peer.answer(callId, "1 REGISTER");
  const credentials = { username: user, password: user, method: "REGISTER", uri: "sip:127.0.0.1" };
  peer.send(register(2, answerTo(challenge.text, credentials)));
  expect(await peer.answer(callId, "2 REGISTER")).toMatchObject({ status: 200 });
  let answered = 0;
  peer.socket.on("data", () => {
    const requests = messagesOf(peer.arrived).filter((text) => text.startsWith("MESSAGE "));
    for (const request of requests.slice(answered)) {
      if (!isWhole(request)) break;
      answered += 1;
      peer.send(okTo(request));
    }
  });
  return Object.assign(peer, {
    received: async (mark: string) => {
      const found = () => messagesOf(peer.arrived).find((text) => text.includes(mark));
      await until(() => found() !== undefined, `the device has ${mark}`);
      return found() ?? "";
    },
  });
}

function isWhole(request: string): boolean {
  const length = Number(/^(?:Content-Length|l): *(\d+)/im.exec(request)?.[1] ?? Number.NaN);
  const end = request.indexOf("\r\n\r\n");
  return end >= 0 && request.length >= end + 4 + length;
}

function okTo(request: string): string {
  const copied = request.match(/^(?:Via|v|From|f|To|t|Call-ID|i|CSeq): .*\r\n/gim) ?? [];
  return `SIP/2.0 200 OK\r\n${copied.join("")}Content-Length: 0\r\n\r\n`;
}
