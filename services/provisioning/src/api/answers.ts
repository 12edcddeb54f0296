import { z } from "zod";
import { Problem } from "./problem.js";

/** What every route may answer when it is not done. */
export const problems = {
  400: Problem,
  401: Problem,
  404: Problem,
  405: Problem,
  409: Problem,
  413: Problem,
  415: Problem,
  429: Problem,
  503: Problem,
};

/** Text that Postgres can keep, of so many characters at most. */
export const plainText = (maxChars: number) =>
  z
    .string()
    .max(maxChars)
    .regex(/^\P{Cc}*$/u, "must not contain control characters");

/** Done, and nothing to say. */
export const noContent = z.null().describe("Done");
