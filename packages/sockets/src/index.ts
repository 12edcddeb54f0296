export { hostText, isLoopback, plainAddress, reachableAddress } from "./address-text.js";
export { type Credentials, listening, presenting } from "./credentials.js";
export { bind, unbind } from "./listen.js";
export {
  type OpenedWebSocket,
  openStream,
  openWebSocket,
  type Patience,
  type StreamTarget,
  type WebSocketTarget,
} from "./open.js";
export { WebSocketDoor, type WebSocketDoorOptions } from "./web-socket-door.js";
