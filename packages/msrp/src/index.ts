export * from "./byte-range.js";
export * from "./chunk-parser.js";
export * from "./field-list.js";
export * from "./format-chunk.js";
export * from "./head.js";
export * from "./ident.js";
export type { Malformed } from "./malformed.js";
export * from "./msrp-uri.js";
export { parseHead } from "./parse-head.js";
