/** The requests about one client: what it gave, and to be forgotten. */

import { json } from "./calls";
import type { components } from "./ingest";

type Schemas = components["schemas"];
export type Client = Schemas["ClientAnswer"];
export type ClientDelta = Schemas["DeltaAnswer"];
export type Verdict = Schemas["Verdict"];

/** What a client gave, as far as it is kept. */
export async function client(clientId: string): Promise<Client> {
  return json(await fetch(path(clientId)));
}

/** Forget a client for ever; return the offset of the record that says so. */
export async function forget(clientId: string): Promise<number> {
  const answer: Schemas["ForgottenAnswer"] = await json(await fetch(path(clientId), { method: "DELETE" }));
  return answer.forgotten.offset;
}

function path(clientId: string): string {
  return `/api/v1/clients/${encodeURIComponent(clientId)}`;
}
