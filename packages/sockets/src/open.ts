import { connect as connectTcp, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import type { Clock } from "@heliograph/kernel";
import { type ClientOptions, WebSocket } from "ws";

/** How long a connection may take to be opened. */
export interface Patience {
  readonly clock: Pick<Clock, "after">;
  readonly connectMs: number;
}

/** The far end of a TCP or TLS connection. */
export interface StreamTarget {
  readonly host: string;
  readonly port: number;
  readonly lookup?: LookupFunction;
}

/** Opens a TCP connection, or a TLS one where `tls` says how. Rejects when it is refused or takes too long. */
export async function openStream(
  to: StreamTarget,
  tls: ConnectionOptions | undefined,
  patience: Patience,
): Promise<Socket> {
  const socket: Socket = tls ? connectTls({ ...to, ...tls }) : connectTcp({ ...to });
  await settled(
    patience,
    (opened, failed) => socket.once(tls ? "secureConnect" : "connect", opened).once("error", failed),
    () => socket.destroy(),
  );
  return socket;
}

/** The far end of a WebSocket, and the bounds of what is read from it. */
export interface WebSocketTarget extends Pick<ClientOptions, "maxPayload" | "skipUTF8Validation"> {
  readonly url: string;
  readonly subprotocol: string;
  readonly lookup?: LookupFunction;
}

/** A WebSocket with the connection that it lives on. */
export interface OpenedWebSocket {
  /** Paused: what comes in waits until somebody listens and resumes it. */
  readonly webSocket: WebSocket;
  readonly socket: Socket;
}

/** Opens a WebSocket, over TLS where its URL says so: `tls` says how. Rejects when it is refused or takes too long. */
export async function openWebSocket(
  { url, subprotocol, ...options }: WebSocketTarget,
  tls: ConnectionOptions | undefined,
  patience: Patience,
): Promise<OpenedWebSocket> {
  const webSocket = new WebSocket(url, subprotocol, { perMessageDeflate: false, ...options, ...tls });
  let socket: Socket | undefined;
  webSocket.once("upgrade", (response) => (socket = response.socket));
  webSocket.once("open", () => webSocket.pause());
  await settled(
    patience,
    (opened, failed) => webSocket.once("open", opened).on("error", failed),
    () => webSocket.terminate(),
  );
  if (!socket) throw new Error("the handshake ended without a connection");
  return { webSocket, socket };
}

/** Waits for a connection to be opened, no longer than allowed; `abandon`s it otherwise. */
function settled(
  { clock, connectMs }: Patience,
  begin: (opened: () => void, failed: (error: Error) => void) => void,
  abandon: () => void,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const timer = clock.after(connectMs, () => {
      reject(new Error(`no connection within ${connectMs} ms`));
      abandon();
    });
    const settle = (done: () => void) => {
      timer.cancel();
      done();
    };
    begin(
      () => settle(resolve),
      (error) => {
        settle(() => reject(error));
        abandon();
      },
    );
  });
}
