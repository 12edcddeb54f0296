import { networkInterfaces } from "node:os";
import type { ListeningPoint } from "@heliograph/sip";

/** The listeners, one that listens everywhere as one on every address of this machine. */
export function reachablePoints(points: readonly ListeningPoint[]): readonly ListeningPoint[] {
  return points.flatMap((point) => {
    const family = wildcards.get(point.address);
    return family === undefined
      ? [point]
      : addressesOf(family).map((address) => ({ ...pick(point), address }));
  });
}

const wildcards = new Map<string, "IPv4" | "IPv6">([
  ["0.0.0.0", "IPv4"],
  ["::", "IPv6"],
]);

function addressesOf(family: "IPv4" | "IPv6"): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.filter((one) => one.family === family).map(({ address }) => address);
}

const pick = ({ transport, port }: ListeningPoint) => ({ transport, port });
