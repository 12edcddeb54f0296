import { InvalidArgumentError } from "commander";

/** An address that a person may write to. */
export function parseRecipient(text: string): string {
  if (/^(sips?|im|pres):[^@\s<>]+@[^@\s<>]+$|^tel:\+?[\d.()-]+$/i.test(text)) return text;
  throw new InvalidArgumentError("say an address such as sip:bob@127.0.0.1");
}

/** A number of seconds, up to a day. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text === "" || !(seconds >= 0 && seconds <= 86_400))
    throw new InvalidArgumentError("say a number of seconds");
  return seconds;
}
