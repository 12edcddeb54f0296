import { gunzipSync, inflateSync } from "node:zlib";
import type { Inflater } from "@heliograph/im-bodies";

/** Inflates with node's zlib and never makes more than it may. */
export const zlibInflater: Inflater = {
  inflate(coding, octets, maxBytes) {
    try {
      const inflate = coding === "gzip" ? gunzipSync : inflateSync;
      return { kind: "inflated", octets: inflate(octets, { maxOutputLength: maxBytes }) };
    } catch (error) {
      return { kind: error instanceof RangeError ? "too-large" : "corrupt" };
    }
  },
};
