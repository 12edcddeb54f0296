import { type Bus, BusError, type BusFailure } from "@heliograph/contracts";
import { createApi } from "../src/api/create-api.js";

export const apiKey = "0123456789abcdef0123456789abcdef";

/** What the services answer, by subject; a text is a failure of the bus. */
export type Answers = Readonly<Record<string, unknown>>;

/** The API over a bus that answers as told, and what it was asked. */
export async function given(answers: Answers = {}, maxRequestsPerMinute = 1_000) {
  const asked: { readonly subject: string; readonly input: unknown }[] = [];
  const errors: unknown[] = [];
  const bus: Pick<Bus, "request"> = {
    request: async (to, _, input) => {
      asked.push({ subject: to.subject, input });
      const answer = answers[to.subject];
      if (typeof answer === "string") throw new BusError(answer as BusFailure, to.subject);
      return to.output.parse(answer);
    },
  };
  const config = { host: "127.0.0.1", port: 0, apiKey, maxRequestsPerMinute };
  const logger = { error: (...words: unknown[]) => void errors.push(words) };
  const api = await createApi({ bus, logger, config });
  return { api, asked, errors, authorization: `Bearer ${apiKey}` };
}
