export { type AllInOneConfig, readAllInOneConfig } from "./config.js";
export { type AllInOne, startAllInOne } from "./start-all-in-one.js";
