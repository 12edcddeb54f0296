import { z } from "zod";
import { Problem } from "./problem.js";

/** What every route may answer when it is not done. */
export const problems = {
  400: Problem,
  401: Problem,
  404: Problem,
  409: Problem,
  429: Problem,
  503: Problem,
};

/** Done, and nothing to say. */
export const noContent = z.null().describe("Done");
