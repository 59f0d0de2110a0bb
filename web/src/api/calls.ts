/** The requests of the pages, as the services' OpenAPI documents have them. */

import type { components as Ingest } from "./ingest";
import type { components as Predictor } from "./predictor";

export type Keyboard = Ingest["schemas"]["Keyboard"];
export type Swipe = Ingest["schemas"]["Swipe"];
export type Problem = Ingest["schemas"]["ProblemDetails"];
export type PredictRequest = Predictor["schemas"]["OneSwipe"];
export type Word = Predictor["schemas"]["Word"];

const PREDICT_MS = 4_000;
const KEPT_ALIVE_BYTES = 60_000; // browsers let 64 KiB outlive the page

/** A service answered, and not with what was asked for. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Partial<Problem>,
  ) {
    super(`${status}: ${problem.detail ?? "no detail"}`);
  }
}

export async function keyboards(): Promise<Keyboard[]> {
  const answer: Ingest["schemas"]["Keyboards"] = await json(await fetch("/api/v1/keyboards"));
  return answer.keyboards;
}

/** The likeliest words of one swipe. */
export async function predict(request: PredictRequest): Promise<Word[]> {
  const answer: Predictor["schemas"]["Predicted"] = await json(
    await post("/api/v1/predict", request, { signal: AbortSignal.timeout(PREDICT_MS) }),
  );
  return answer.predictions[0]?.words ?? [];
}

export async function recordSwipes(swipes: readonly Swipe[]): Promise<void> {
  await json(await post("/api/v1/swipes", { swipes }));
}

/** Ask for the training of what this client has sent. */
export async function train(clientId: string): Promise<void> {
  await json(await post("/api/v1/train", { client_id: clientId }));
}

export function post(path: string, content: unknown, options: RequestInit = {}): Promise<Response> {
  const body = JSON.stringify(content);
  return fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
    keepalive: document.hidden && body.length < KEPT_ALIVE_BYTES,
    ...options,
  });
}

export async function json<T>(answer: Response): Promise<T> {
  if (answer.ok) return (await answer.json()) as T;
  throw new Refused(answer.status, (await answer.json().catch(() => ({}))) as Partial<Problem>);
}
