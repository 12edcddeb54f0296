import { reviseDescription } from "@heliograph/sdp";

const originLine = /^(o=[^ \r\n]+ [^ \r\n]+ )(\d+)( [^\r\n]*)$/m;

/**
 * What to send one side next: the same octets where nothing changed for it, else the same origin with its version one
 * higher. The first has a version that is later than any that another relay may have sent before this one, from which
 * the session has moved. An origin without a version to count on is left as it is.
 *
 * @spec rfc3264#8
 * @spec MS-51
 */
export function nextDescription(
  previous: Uint8Array | undefined,
  next: Uint8Array,
  nowMs: number,
): Uint8Array {
  if (previous === undefined) return laterThanBefore(next, nowMs);
  return originLine.test(latin1.decode(previous)) ? reviseDescription(previous, next) : next;
}

const latin1 = new TextDecoder("latin1");

function laterThanBefore(next: Uint8Array, nowMs: number): Uint8Array {
  const [line = "", start = "", version = "", rest = ""] = originLine.exec(latin1.decode(next)) ?? [];
  if (line === "") return next;
  const later = `${start}${BigInt(version) + BigInt(Math.floor(nowMs))}${rest}`;
  return Buffer.from(
    Buffer.from(next)
      .toString("latin1")
      .replace(line, () => later),
    "latin1",
  );
}
