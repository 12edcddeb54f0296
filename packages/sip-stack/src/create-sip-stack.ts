import { NativeSipStack } from "./native-sip-stack.js";
import type { SipStackOptions } from "./stack-options.js";

/** The SIP port on sockets of this process. Nothing is opened before `start`. */
export function createSipStack(options: SipStackOptions): NativeSipStack {
  return new NativeSipStack(options);
}
