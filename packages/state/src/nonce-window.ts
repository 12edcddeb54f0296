/** The highest nonce count seen, and which of the 64 up to it were: bit 0 is the highest. */
export interface NonceWindow {
  readonly top: number;
  readonly seen: bigint;
}

/** The window of a nonce that was never used. */
export const unusedNonce: NonceWindow = { top: 0, seen: 0n };

/** That of a nonce that was used once, as most are. One for all: a quarter of a million nonces are remembered. */
const usedOnce: NonceWindow = { top: 1, seen: 1n };

/** How many counts below the highest may still arrive. */
export const nonceWindowSize = 64;

/** The window after `nc`, or undefined when `nc` was used, or is too old to tell. @spec GEN-31 */
export function slideWindow({ top, seen }: NonceWindow, nc: number): NonceWindow | undefined {
  if (top === 0 && nc === 1) return usedOnce;
  if (nc > top) {
    const kept = nc - top < nonceWindowSize ? seen << BigInt(nc - top) : 0n;
    return { top: nc, seen: BigInt.asUintN(nonceWindowSize, kept) | 1n };
  }
  const age = top - nc;
  if (nc < 1 || age >= nonceWindowSize) return undefined;
  const bit = 1n << BigInt(age);
  return seen & bit ? undefined : { top, seen: seen | bit };
}
