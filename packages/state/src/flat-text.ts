/**
 * A copy that stands alone. A piece cut out of a larger string keeps the whole of it in memory: a contact of
 * 60 characters would hold the REGISTER that it came in for as long as the binding lives.
 */
export function flatText(text: string): string {
  return text.length < shortestSlice ? text : Buffer.from(text, "utf8").toString("utf8");
}

/** V8 copies what is shorter. */
const shortestSlice = 13;
