import { reviseDescription } from "@heliograph/sdp";

const originLine = /^o=[^ \r\n]+ [^ \r\n]+ \d+ [^\r\n]*$/m;

/**
 * What to send one side next: the same octets where nothing changed for it, else the same origin with its version one
 * higher. The first is sent as it is; so is one after a first whose origin has no version to count on.
 *
 * @spec rfc3264#8
 * @spec MS-51
 */
export function nextDescription(previous: Uint8Array | undefined, next: Uint8Array): Uint8Array {
  if (previous === undefined || !originLine.test(new TextDecoder("latin1").decode(previous))) return next;
  return reviseDescription(previous, next);
}
