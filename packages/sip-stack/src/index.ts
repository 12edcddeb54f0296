export type { FlowCertificate } from "./connection.js";
export { createSipStack } from "./create-sip-stack.js";
export type { DnsQuestions, TimedAnswer } from "./dns-questions.js";
export type { NativeSipStack } from "./native-sip-stack.js";
export { PooledChance } from "./pooled-chance.js";
export type { SourceRate } from "./source-rates.js";
export type { StackSnapshot } from "./stack-counters.js";
export { defaultStackLimits, type StackLimits } from "./stack-limits.js";
export type { ListenOptions, SipStackOptions, TlsIdentity } from "./stack-options.js";
