/** Says why something could not be done. */

import { Refused } from "../api/calls";
import { text } from "./texts";

/** What went wrong, for people. */
export function failed(error: unknown): string {
  if (error instanceof Refused) return text("model.refused", { reason: error.problem.detail ?? String(error.status) });
  return text("model.away");
}
