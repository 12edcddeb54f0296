import { networkInterfaces } from "node:os";
import type { MsrpListeningPoint } from "@heliograph/msrp-stack";
import type { RelayPoint } from "../domain/relay-points.js";

/**
 * Where ends are told to come: to the name that the operator gave; else to the address that a listener has, and for one
 * that listens everywhere to an address of this machine. @spec MS-51
 */
export function advertisedPoints(
  points: readonly MsrpListeningPoint[],
  names: readonly string[],
): readonly RelayPoint[] {
  const [name] = names;
  return points.map(({ transport, address, port }) => ({
    transport,
    host: name ?? reachable(address),
    port,
  }));
}

function reachable(address: string): string {
  if (address !== "0.0.0.0" && address !== "::") return address;
  const family = address === "::" ? "IPv6" : "IPv4";
  const all = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const own = all.filter((one) => one.family === family);
  return (own.find(({ internal }) => !internal) ?? own[0])?.address ?? address;
}
