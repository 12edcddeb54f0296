export * from "./fake-clock.js";
export * from "./predictable-chance.js";
