/** The pipeline's requests: its snapshots as they come, a model's audit, an operator's acts. */

import { json, post } from "./calls";
import type { components } from "./ingest";

type Schemas = components["schemas"];
export type Pipeline = Schemas["Pipeline"];
export type Lineage = Schemas["ShownLineage"];
export type Version = Schemas["ShownVersion"];
export type Delta = Schemas["ShownDelta"];
export type Predictor = Schemas["ShownPredictor"];
export type Model = Schemas["ModelDetails"];
export type Verification = Schemas["VerificationState"];
export type Act = "rollback" | "pin" | "unpin" | "canary" | "canary/promote" | "canary/abort";

/** Call `shown` with every snapshot, and `alive` when the connection comes or goes; the browser reconnects. */
export function follow(shown: (pipeline: Pipeline) => void, alive: (alive: boolean) => void): void {
  let source = connect();
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) source = connect();
  });

  function connect(): EventSource {
    const opened = new EventSource("/api/v1/pipeline/events");
    opened.addEventListener("open", () => alive(true));
    opened.addEventListener("error", () => {
      alive(false);
      if (opened.readyState === EventSource.CLOSED) setTimeout(again, RETRY_MS); // a 503: no browser retries
    });
    opened.addEventListener("pipeline", (event) => shown(JSON.parse(event.data) as Pipeline));
    return opened;
  }

  function again(): void {
    if (source.readyState === EventSource.CLOSED) source = connect();
  }
}

export async function model(modelId: string, version: number): Promise<Model> {
  return json(await fetch(`${lineage(modelId)}/models/${version}`));
}

/** Begin to verify a version. */
export async function verify(modelId: string, version: number): Promise<Verification> {
  return json(await post(`${lineage(modelId)}/verify/${version}`, {}));
}

/** How far the verification is. */
export async function verification(modelId: string, version: number): Promise<Verification> {
  return json(await fetch(`${lineage(modelId)}/verify/${version}`));
}

/** Act as the operator; ingest refuses it from anywhere but this machine. */
export async function act(modelId: string, what: Act, fields: object): Promise<Schemas["Acted"]> {
  return json(await post(`${lineage(modelId)}/${what}`, fields));
}

function lineage(modelId: string): string {
  return `/api/v1/lineages/${encodeURIComponent(modelId)}`;
}

const RETRY_MS = 3_000;
