export * from "./brand.js";
export * from "./clock.js";
export * from "./machine.js";
export * from "./result.js";
export * from "./timer-wheel.js";
export * from "./unreachable.js";
