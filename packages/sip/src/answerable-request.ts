import { HeaderList, type Field } from "./header-list.js";
import { headerKeyOf } from "./header-name.js";
import { type NameAddr, parseNameAddr } from "./name-addr.js";
import { noParams, Params } from "./params.js";
import type { ParseLimits } from "./parse-limits.js";
import { SipRequest } from "./sip-request.js";
import { parseUri, type Uri } from "./uri.js";
import { parseViaLoosely } from "./via.js";

const decoder = new TextDecoder();
const noBody = new Uint8Array(0);
/** What an answer copies. @spec rfc3261#8.2.6.2 */
const copied = ["via", "from", "to", "call-id", "cseq", "timestamp"];

/**
 * As much of a malformed request as an answer needs: the fields that it copies, as they were written. Undefined for
 * a response, for an ACK, and where the top Via does not say who asks. No accessor of it throws.
 *
 * @spec rfc3261#8.2.6.2 @spec rfc3261#17.1.1.3
 */
export function answerableRequest(bytes: Uint8Array, limits: ParseLimits): SipRequest | undefined {
  const text = decoder.decode(bytes.subarray(0, Math.min(bytes.length, limits.maxHeaderBytes))).trimStart();
  const head = text.split("\r\n\r\n", 1)[0] ?? "";
  const [startLine = "", ...lines] = head.replace(/\r\n[ \t]+/g, " ").split("\r\n");
  const [method = "", requestUri = ""] = startLine.split(/ +/);
  if (method === "" || method === "ACK" || method.startsWith("SIP/")) return undefined;
  const headers = HeaderList.of(copiedFields(lines.slice(0, limits.maxHeaders)));
  const via = parseViaLoosely(headers.values("via")[0] ?? "");
  if (!via) return undefined;
  return new SipRequest({ method, requestUri, uri: readUriLoosely(requestUri) }, headers, noBody, {
    via,
    from: readLoosely(headers.get("from")),
    to: readLoosely(headers.get("to")),
    cseq: { number: Number.parseInt(headers.get("cseq") ?? "0", 10) || 0, method },
  });
}

/** Of fields that may stand only once, the first is kept. */
function copiedFields(lines: readonly string[]): Field[] {
  const fields: Field[] = [];
  const seen = new Set<string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).trim();
    const key = headerKeyOf(name);
    if (!copied.includes(key) || seen.has(key)) continue;
    if (key !== "via") seen.add(key);
    fields.push([
      name,
      line
        .slice(colon + 1)
        .trim()
        .replace(/[\0-\x08\x0a-\x1f\x7f]/g, ""),
    ]);
  }
  return fields;
}

function readUriLoosely(text: string): Uri {
  const parsed = parseUri(text);
  return parsed.ok ? parsed.value : { scheme: "other", name: "", text };
}

function readLoosely(value = ""): NameAddr {
  const parsed = parseNameAddr(value);
  if (parsed.ok) return parsed.value;
  const tag = /;\s*tag\s*=\s*[^\s;,<>"]+/i.exec(value);
  return { display: undefined, uri: "", params: tag ? new Params(tag[0]) : noParams, raw: value };
}
