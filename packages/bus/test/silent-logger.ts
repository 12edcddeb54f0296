/** Hears everything, says nothing. */
export const silentLogger = { error: () => undefined, warn: () => undefined, info: () => undefined };
