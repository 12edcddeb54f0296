import type { HeaderField, PagerMessage } from "@heliograph/contracts";

/** Whatever has end-to-end headers. */
export type WithHeaders = Pick<PagerMessage, "headers">;

/** The first header of that name; `name` is given in lower case. */
export function headerOf({ headers }: WithHeaders, name: string): string | undefined {
  for (const field of headers) if (isNamed(field, name)) return field[1];
  return undefined;
}

/** Every value of that header, one for each line. */
export function headersOf({ headers }: WithHeaders, name: string): readonly string[] {
  return headers.filter((field) => isNamed(field, name)).map(([, value]) => value);
}

/** The message without that header. */
export function withoutHeader(message: PagerMessage, name: string): PagerMessage {
  return { ...message, headers: message.headers.filter((field) => !isNamed(field, name)) };
}

function isNamed([key]: HeaderField, name: string): boolean {
  return key.length === name.length && key.toLowerCase() === name;
}
