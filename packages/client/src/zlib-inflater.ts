import { gunzipSync, inflateSync } from "node:zlib";
import type { Inflater } from "@heliograph/im-bodies";

/** Inflates with node's zlib and never makes more than it may. */
export const zlibInflater: Inflater = {
  inflate(coding, octets, maxBytes) {
    try {
      const options = { maxOutputLength: maxBytes };
      return {
        kind: "inflated",
        octets: coding === "gzip" ? gunzipSync(octets, options) : inflateSync(octets, options),
      };
    } catch (error) {
      const isTooLarge = error instanceof RangeError;
      return { kind: isTooLarge ? "too-large" : "corrupt" };
    }
  },
};
