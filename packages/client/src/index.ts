export { Client, type SendOptions } from "./client.js";
export type { ClientOptions, MediaOptions } from "./client-options.js";
export { createClient } from "./create-client.js";
export { fileToSend, type OpenFile, saveFile, type SavedFile } from "./disk-files.js";
export type { Arrival, Composing, Disposition, Receipt, ReceivedMessage } from "./received-message.js";
export type { Registered } from "./registration.js";
export type { Sent } from "./sent.js";
export type { SessionSendOptions, SessionSent } from "./session/conversation.js";
export type { OfferedFile } from "./session/file-desk.js";
export type {
  FileReceived,
  FileReceiving,
  FileSending,
  FileSent,
  FileTaker,
  FileToSend,
} from "./session/file-transfer.js";
export type { MediaTransport } from "./session/media-transport.js";
export type { OpenSessionOptions, SessionOpened } from "./session/open-session.js";
export type { Retrieved } from "./session/retrieve-messages.js";
export type { Changed, Session } from "./session/session.js";
export type { SessionInvitation } from "./session/session-invitation.js";
