/** npm passes on a Ctrl-C that the terminal has sent to the whole group already: the same wish, twice. */
const sameWishMs = 1_000;

/**
 * Settles on the first SIGTERM, SIGINT or SIGHUP. A later one ends the process at once.
 * With STOPS_WITH_STDIN=1 the end of standard input counts too: a supervisor that is killed leaves nobody behind.
 */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let askedAtMs: number | undefined;
    const ask = () => {
      if (askedAtMs !== undefined && performance.now() - askedAtMs > sameWishMs) process.exit(130);
      askedAtMs ??= performance.now();
      resolve();
    };
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, ask);
    if (process.env["STOPS_WITH_STDIN"] === "1") process.stdin.once("end", ask).resume();
  });
}
