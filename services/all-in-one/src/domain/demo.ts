/** The domain of the demo users, and its other name. */
export const demoDomain = { name: "127.0.0.1", aliases: ["localhost"] } as const;

/** A user for whoever tries the service out. */
export interface DemoUser {
  readonly name: string;
  readonly aor: string;
  readonly password: string;
}

/** Who they are. The passwords are no secret, which is why these users exist on loopback only. */
export const demoUsers: readonly DemoUser[] = ["alice", "bob", "carol"].map((name) => ({
  name,
  aor: `sip:${name}@${demoDomain.name}`,
  password: name,
}));

/** What decides whether there are demo users. */
export interface DemoSituation {
  readonly isWanted: boolean;
  readonly isAllEmbedded: boolean;
  readonly addresses: readonly string[];
}

/** Demo users exist while nothing but this machine can reach them. */
export function decideDemo({ isWanted, isAllEmbedded, addresses }: DemoSituation): boolean {
  return isWanted && isAllEmbedded && addresses.every(isLoopback);
}

/** Whether an address is this machine's own. */
function isLoopback(address: string): boolean {
  return address === "::1" || address === "localhost" || /^127(\.\d{1,3}){3}$/.test(address);
}
