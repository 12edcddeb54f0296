import type { Chance, Clock } from "@heliograph/kernel";
import { parseUri, type TransportName } from "@heliograph/sip";
import type { FarEnd } from "./dialler.js";
import { isIP } from "node:net";
import type { StackLimits } from "./stack-limits.js";
export class HopFinder {
  constructor(_p: {
    readonly clock: Clock;
    readonly chance: Chance;
    readonly limits: StackLimits;
    readonly usable: readonly TransportName[];
  }) {}
  find(uri: string): readonly FarEnd[] | Promise<readonly FarEnd[]> {
    const p = parseUri(uri);
    if (!p.ok || (p.value.scheme !== "sip" && p.value.scheme !== "sips"))
      return Promise.reject(new Error("no SIP URI"));
    const u = p.value;
    if (isIP(u.host) === 0) return Promise.reject(new Error("name"));
    const t = (u.params.get("transport") ?? "udp").toLowerCase() as TransportName;
    return [{ transport: t, address: u.host, port: u.port ?? 5060, serverName: u.host }];
  }
}
