import type { Logger } from "@heliograph/telemetry";
import { type ConnectionOptions, type NatsConnection, connect } from "@nats-io/transport-node";

/** Opens a connection that comes back for ever, and waits for the first one as well: services may start in any order. */
export function openConnection(url: string, name: string): Promise<NatsConnection> {
  return connect({
    ...placeOf(url),
    name,
    noAsyncTraces: true,
    reconnect: true,
    maxReconnectAttempts: -1,
    waitOnFirstConnect: true,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 5_000,
    maxPingOut: 2,
    timeout: 5_000,
  });
}

/** Tells when the connection goes and when it is back. */
export async function watchConnection(
  connection: NatsConnection,
  logger: Pick<Logger, "warn" | "info" | "error">,
  hear: (isConnected: boolean) => void,
): Promise<void> {
  for await (const status of connection.status()) {
    switch (status.type) {
      case "disconnect":
      case "staleConnection":
        hear(false);
        logger.warn("lost NATS: requests fail until it is back");
        break;
      case "reconnect":
        hear(true);
        logger.info("NATS is back");
        break;
      case "error":
        logger.error({ err: status.error }, "NATS complains");
        break;
      default:
    }
  }
  hear(false);
}

/** `nats://user:password@host:port,host:port`; `nats://token@host`; `tls://…`. */
function placeOf(url: string): Pick<ConnectionOptions, "servers" | "user" | "pass" | "token" | "tls"> {
  const { protocol, username, password } = new URL(url.split(",", 1)[0] ?? url);
  const servers = url.split(",").map((server) => server.replace(/^\w+:\/\//, "").replace(/^.*@/, ""));
  const user = decodeURIComponent(username);
  return {
    servers,
    ...(user && password ? { user, pass: decodeURIComponent(password) } : {}),
    ...(user && !password ? { token: user } : {}),
    ...(protocol === "tls:" ? { tls: {} } : {}),
  };
}
