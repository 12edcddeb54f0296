import { type Flow, SipRequest, type Via, viaWithParams } from "@heliograph/sip";
import { hostText } from "@heliograph/sockets";

/**
 * The request with what its top Via has to say of where it came from: `received` when sent-by is a name or another
 * address, and whenever the client asked for `rport`. A `received` that came from outside says nothing true, and goes.
 * Over WebSocket a name alone is no reason: the client has nothing of it, and it would tell of proxies in between.
 *
 * @spec rfc3261#18.2.1 @spec rfc3581#4 @spec rfc7118#5.3 @spec GEN-38
 */
export function stampVia(request: SipRequest, from: Flow): SipRequest {
  const { via } = request;
  const asksPort = via.params.get("rport") === "";
  const isExpected = isWebSocket(from) || via.host === hostText(from.remoteAddress);
  if (!asksPort && isExpected && !via.params.has("received")) return request;
  let text = "";
  for (const param of splitOutsideQuotes(via.raw).slice(1)) {
    const name = nameOf(param);
    if (name === "rport" && asksPort) text += `;rport=${from.remotePort}`;
    else if (name !== "received") text += `;${param}`;
  }
  if (asksPort || !isExpected) text += `;received=${withoutZone(from.remoteAddress)}`;
  return withTopVia(request, viaWithParams(via, text));
}

/** The port that a response over UDP goes to; `maddr` has no say. @spec rfc3261#18.2.2 @spec rfc3581#4 @spec D-sip-stack-1 */
export function replyPortOf(via: Via, sourcePort: number): number {
  if (via.params.has("rport") || via.port === 0) return sourcePort;
  return via.port ?? 5060;
}

function isWebSocket({ transport }: Flow): boolean {
  return transport === "ws" || transport === "wss";
}

function nameOf(param: string): string {
  const equals = param.indexOf("=");
  return (equals < 0 ? param : param.slice(0, equals)).trim().toLowerCase();
}

/** The value and each of its parameters. */
function splitOutsideQuotes(raw: string): string[] {
  return raw.includes('"') ? (raw.match(/(?:"(?:[^"\\]|\\.)*"|[^;"])+/g) ?? [raw]) : raw.split(";");
}

function withoutZone(address: string): string {
  const zone = address.indexOf("%");
  return zone < 0 ? address : address.slice(0, zone);
}

/** Further values that commas join to the topmost one stay where they are. What was read is not read again. */
function withTopVia(request: SipRequest, via: Via): SipRequest {
  const { method, requestUri, uri, headers, body, from, to, cseq } = request;
  const first = headers.get("via") ?? "";
  const whole = via.raw + first.slice(first.indexOf(request.via.raw) + request.via.raw.length);
  return new SipRequest({ method, requestUri, uri }, headers.replaceFirst("Via", whole), body, {
    via,
    from,
    to,
    cseq,
  });
}
