import { readdirSync, readFileSync } from "node:fs";

const corpus = new URL("./corpus/", import.meta.url);

/** The bytes of a torture message under its RFC's name. */
export function corpusMessage(rfc: "rfc4475" | "rfc5118", name: string): Uint8Array {
  return readFileSync(new URL(`${rfc}/${name}.dat`, corpus));
}

/** The names of all torture messages of an RFC. */
export function corpusNames(rfc: "rfc4475" | "rfc5118"): string[] {
  return readdirSync(new URL(`${rfc}/`, corpus))
    .filter((file) => file.endsWith(".dat"))
    .map((file) => file.slice(0, -4))
    .sort();
}
