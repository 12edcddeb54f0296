export { Client, type Arrival, type Sent, type SendOptions } from "./client.js";
export type { ClientOptions } from "./client-options.js";
export { createClient } from "./create-client.js";
export type { Composing, Disposition, Receipt, ReceivedMessage } from "./received-message.js";
export type { Registered } from "./registration.js";
