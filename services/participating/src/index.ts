export { type Config, readConfig } from "./config.js";
export { createParticipating, type ParticipatingDeps } from "./create-participating.js";
