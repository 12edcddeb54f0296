import { constants, gunzipSync, inflateRawSync, inflateSync } from "node:zlib";
import type { Coding, Inflated, Inflater } from "@heliograph/im-bodies";

/** Inflates with node:zlib. `deflate` without its zlib wrapper is forgiven: some clients leave it out. */
export const nodeInflater: Inflater = {
  inflate(coding: Coding, octets: Uint8Array, maxBytes: number): Inflated {
    const options = { maxOutputLength: maxBytes, finishFlush: constants.Z_FINISH };
    try {
      return { kind: "inflated", octets: inflaterOf(coding, octets)(octets, options) };
    } catch (error) {
      return { kind: codeOf(error) === "ERR_BUFFER_TOO_LARGE" ? "too-large" : "corrupt" };
    }
  },
};

function inflaterOf(coding: Coding, octets: Uint8Array): typeof inflateSync {
  if (coding === "gzip") return gunzipSync;
  return isZlib(octets) ? inflateSync : inflateRawSync;
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}

/** The first two octets: method 8, and a check sum over both. @spec rfc1950#2.2 */
function isZlib([method = 0, flags = 0]: Uint8Array): boolean {
  return (method & 0x0f) === 8 && (method * 256 + flags) % 31 === 0;
}
