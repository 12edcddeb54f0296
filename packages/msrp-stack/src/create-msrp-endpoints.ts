import { NativeMsrpEndpoints } from "./native-msrp-endpoints.js";
import type { MsrpEndpoints, MsrpEndpointsOptions } from "./session.js";

/** MSRP end points on sockets of this process. Nothing is opened before `start`. */
export function createMsrpEndpoints(options: MsrpEndpointsOptions): MsrpEndpoints {
  return new NativeMsrpEndpoints(options);
}
