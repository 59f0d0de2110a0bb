/** What is known of the client that the page is about. Pure. */

import { Refused } from "../api/calls";
import type { Client } from "../api/clients";

export type State =
  | { readonly kind: "loading" }
  | { readonly kind: "nobody" }
  | { readonly kind: "too-much" }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "empty"; readonly client: Client }
  | { readonly kind: "gave"; readonly client: Client };

const TOO_MUCH = "TOO_MUCH_TO_READ";

/** The state after ingest's answer. */
export function answered(client: Client): State {
  const nothing = client.swipes === 0 && client.deltas.length === 0;
  return { kind: nothing ? "empty" : "gave", client };
}

/** The state after a request that gave this error. */
export function failedWith(error: unknown): State {
  const tooMuch = error instanceof Refused && error.problem.code === TOO_MUCH;
  return tooMuch ? { kind: "too-much" } : { kind: "failed", error };
}

/** Whether it makes sense to ask again. */
export function mayRetry(state: State): boolean {
  return state.kind === "failed" || state.kind === "too-much";
}

/**
 * Whether forgetting is offered. A name that gave nothing may be a slip of the pen, and its record stays for ever,
 * so only its own browser may forget it.
 */
export function mayForget(state: State, own: boolean): boolean {
  if (state.kind === "too-much") return true;
  if (state.kind !== "gave" && state.kind !== "empty") return false;
  return state.client.forgotten === null && (own || state.kind === "gave");
}
