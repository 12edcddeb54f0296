export * from "./element.js";
export * from "./format-xml.js";
export * from "./malformed-xml.js";
export * from "./parse-xml.js";
