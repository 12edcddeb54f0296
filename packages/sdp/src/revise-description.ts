import { octetsOf, octetTextOf } from "./octet-text.js";

const originLine = /^(o=[^ \r\n]+ [^ \r\n]+ )(\d+)( [^\r\n]*)$/m;

/**
 * The description to send next in a session: the previous one, octet for octet, when `next` says the same;
 * otherwise `next` under the previous origin with its version one higher.
 *
 * @spec rfc4975#8.4
 * @spec rfc3264#8
 * @spec MS-51
 */
export function reviseDescription(previous: Uint8Array, next: Uint8Array): Uint8Array {
  const before = octetTextOf(previous);
  const after = octetTextOf(next);
  const [origin = "", start = "", version = "0", rest = ""] = originLine.exec(before) ?? [];
  if (before.replace(originLine, "") === after.replace(originLine, "")) return previous;
  if (origin === "") throw new Error("the previous description has no origin");
  return octetsOf(after.replace(originLine, () => `${start}${BigInt(version) + 1n}${rest}`));
}
