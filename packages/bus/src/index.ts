export { type BusDeps } from "./bus-deps.js";
export { type LocalBusOptions, createLocalBus } from "./local-bus.js";
export { type NatsBus, type NatsBusOptions, connectNatsBus } from "./nats-bus.js";
export { type MicroIdentity } from "./nats-micro.js";
export {
  type HealthConfig,
  openServiceProcess,
  readHealthConfig,
  readServiceProcessConfig,
  type ServiceProcess,
  type ServiceProcessConfig,
} from "./service-process.js";
