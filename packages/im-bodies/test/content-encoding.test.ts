import { deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { decodeContent, type Inflater } from "../src/index.js";

/** As a Node program supplies it; a browser would bring its own. */
const inflater: Inflater = {
  inflate(coding, octets, maxBytes) {
    try {
      const options = { maxOutputLength: maxBytes };
      return {
        kind: "inflated",
        octets: coding === "gzip" ? gunzipSync(octets, options) : inflateSync(octets, options),
      };
    } catch (error) {
      return {
        kind: (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE" ? "too-large" : "corrupt",
      };
    }
  },
};

const hello = new TextEncoder().encode("hello ".repeat(100));
const decoded = (body: Uint8Array, coding?: string, maxBytes?: number) => {
  const result = decodeContent(body, coding, inflater, maxBytes);
  return result.ok ? new TextDecoder().decode(result.value) : result.error;
};
const text = new TextDecoder().decode(hello);

describe("RFC 3261 §20.12 Content-Encoding", () => {
  it("reads deflate (zlib), gzip and x-gzip, in any case", () => {
    expect(decoded(deflateSync(hello), "deflate")).toBe(text);
    expect(decoded(gzipSync(hello), "gzip")).toBe(text);
    expect(decoded(gzipSync(hello), "X-GZIP")).toBe(text);
  });

  it("leaves what is not encoded alone", () => {
    expect(decoded(hello)).toBe(text);
    expect(decoded(hello, "identity")).toBe(text);
  });

  it("takes codings off in the reverse of the order in which they were applied", () => {
    expect(decoded(gzipSync(deflateSync(hello)), "deflate, gzip")).toBe(text);
  });

  it("tells the three ways apart in which a body cannot be read", () => {
    expect(decoded(hello, "deflate")).toBe("corrupt");
    expect(decoded(deflateSync(hello), "deflate", 599)).toBe("too-large");
    expect(decoded(hello, "br")).toBe("unknown-coding");
    expect(decoded(hello, "gzip,gzip,gzip")).toBe("unknown-coding");
  });

  it("does not unpack a bomb", () => {
    const bomb = deflateSync(new Uint8Array(64 * 1024 * 1024));
    const before = process.memoryUsage().arrayBuffers;
    expect(decoded(bomb, "deflate")).toBe("too-large");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });
});
