import type { Clock } from "@heliograph/kernel";
import { LRUCache } from "lru-cache";

/** A bounded cache whose entries age by `clock`; it arms no timers. */
export function expiringCache<T extends object>(
  clock: Pick<Clock, "nowMs">,
  max: number,
): LRUCache<string, T> {
  return new LRUCache<string, T>({
    max,
    ttl: 1,
    ttlResolution: 0,
    perf: { now: () => clock.nowMs() },
  });
}
