/** One SRV record. @spec rfc2782 */
export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** A whole number of at least 0 and below `limit`, each as likely as the others. */
export type PickBelow = (limit: number) => number;

/**
 * The order in which SRV records are tried: by priority, and among equals by chance in proportion to weight.
 *
 * @spec rfc2782
 * @spec SC-06
 */
export function orderSrv(records: readonly SrvRecord[], pick: PickBelow): SrvRecord[] {
  const priorities = [...new Set(records.map(({ priority }) => priority))].sort((one, other) => one - other);
  return priorities.flatMap((priority) =>
    orderByWeight(
      records.filter((record) => record.priority === priority),
      pick,
    ),
  );
}

/** Those of weight 0 stand first, so that a pick of 0 gives them their very small chance. */
function orderByWeight(records: readonly SrvRecord[], pick: PickBelow): SrvRecord[] {
  const left = [...records].sort((one, other) => Number(one.weight > 0) - Number(other.weight > 0));
  const ordered: SrvRecord[] = [];
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0);
    ordered.push(...left.splice(indexOfPick(left, pick(total + 1)), 1));
  }
  return ordered;
}

/** The first whose running sum reaches the number picked. */
function indexOfPick(records: readonly SrvRecord[], picked: number): number {
  let sum = 0;
  return records.findIndex(({ weight }) => {
    sum += weight;
    return sum >= picked;
  });
}
