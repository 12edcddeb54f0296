export * from "./message.js";
export * from "./port.js";
