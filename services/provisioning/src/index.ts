export { type ProvisioningConfig, readProvisioningConfig } from "./config.js";
export { createProvisioning, type Provisioning, type ProvisioningDeps } from "./provisioning.js";
