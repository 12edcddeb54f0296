import { readFile } from "node:fs/promises";
import type { Chance, Clock } from "@heliograph/kernel";
import { keptCertificate } from "@heliograph/runtime";
import type { MsrpConnectionsOptions } from "@heliograph/msrp-stack";
import type { Config } from "../config.js";
import { connectGuard } from "../domain/connect-guard.js";
import { isSecure } from "../domain/relay-points.js";

/** Octets that wait for a slow connection which many sessions share, before it is cut off. */
const maxQueuedBytes = 64 << 20;

interface Deps {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly onException: (cause: unknown) => void;
}

/** What the sockets of the relay are told, certificate included. */
export async function connectionOptions(config: Config, deps: Deps): Promise<MsrpConnectionsOptions> {
  const { listen, names, tls, limits, origins, isBehindProxy, connectInternal } = config;
  const addresses = listen.map(({ address }) => address);
  const certificate = listen.some(({ transport }) => isSecure(transport))
    ? await keptCertificate(tls, [...names, ...addresses])
    : undefined;
  const { authoritiesFile } = tls;
  const authorities = authoritiesFile === undefined ? {} : { ca: await readFile(authoritiesFile) };
  const { maxConnections, maxConnectionsPerSource, firstRequestMs, stalledMs } = limits;
  return {
    listen: listen.map((point) => ({
      ...point,
      isBehindProxy: isBehindProxy && point.transport === "ws",
      ...(origins.length > 0 ? { origins } : {}),
    })),
    limits: { maxConnections, maxConnectionsPerSource, firstRequestMs, stalledMs, maxQueuedBytes },
    mayConnectTo: connectGuard(connectInternal, addresses),
    tls: { ...certificate, ...authorities },
    ...deps,
  };
}
