/** What each part of the drawing says of a snapshot, and how much has gone along its lines since the last. Pure. */

import type { Pipeline } from "../api/pipeline";
import { text } from "../shared/texts";
import type { Shown } from "./flow";
import type { Part } from "./flow_map";
import { decimal, short, whole } from "../shared/numbers";

const TRAINER = "fedswipe.trainer";

/** Return each part's lines. `modelId` is the lineage that is looked at. */
export function told(pipeline: Pipeline, modelId: string, secondsLeft: number | null): Record<Part, Shown> {
  const lineage = pipeline.lineages[modelId];
  const head = lineage?.head ?? null;
  const behind = pipeline.lag[TRAINER]?.behind ?? 0;
  const nothing = text("pipeline.none-yet");
  const window = lineage?.window;
  return {
    keyboards: { large: rate(pipeline.swipes.per_second), small: text("pipeline.swipes-a-second") },
    ingest: { large: whole(pipeline.swipes.total), small: text("pipeline.swipes-taken") },
    swipes: { large: whole(behind), small: text("pipeline.untrained") },
    requests: { large: whole(pipeline.requests.total), small: text("pipeline.asked") },
    trainer: { large: rate(pipeline.deltas.per_second), small: text("pipeline.deltas-a-second") },
    deltas: { large: whole(pipeline.deltas.total), small: text("pipeline.deltas-written") },
    aggregator: {
      large: folded(window),
      small: closing(window?.folded ?? 0, secondsLeft),
      full: window?.wanted ? window.folded / window.wanted : 0,
    },
    models: { large: head ? `v${head.version}` : nothing, small: head ? short(head.link_sha256) : "" },
    store: { large: head ? short(head.model_sha256) : nothing, small: text("pipeline.newest-model") },
    predictor: predictors(pipeline, modelId),
  };
}

/** How many events went along a line between two snapshots; 0 for the first one. */
export function moved(before: Pipeline | null, now: Pipeline, modelId: string): [Part, Part, number][] {
  if (before === null) return [];
  const swipes = now.swipes.total - before.swipes.total;
  const requests = now.requests.total - before.requests.total;
  const deltas = now.deltas.total - before.deltas.total;
  const behind = (one: Pipeline) => one.lag[TRAINER]?.behind ?? 0;
  const trained = Math.max(0, behind(before) + swipes - behind(now));
  const version = (one: Pipeline) => one.lineages[modelId]?.head?.version ?? 0;
  const published = version(now) - version(before);
  const served = (one: Pipeline) => one.predictors.map((p) => `${p.url} ${p.version}`).join();
  const reloaded = served(now) === served(before) ? 0 : 1;
  const judged = (one: Pipeline) => (one.lineages[modelId]?.versions ?? []).reduce((sum, v) => sum + v.judged, 0);
  const words = Math.max(0, judged(now) - judged(before));
  const moves: [Part, Part, number][] = [
    ["keyboards", "ingest", swipes],
    ["ingest", "swipes", swipes],
    ["ingest", "requests", requests],
    ["requests", "trainer", requests],
    ["swipes", "trainer", trained],
    ["trainer", "deltas", deltas],
    ["deltas", "aggregator", deltas],
    ["aggregator", "models", published],
    ["aggregator", "store", published],
    ["models", "trainer", published],
    ["models", "predictor", reloaded],
    ["store", "trainer", published],
    ["store", "predictor", reloaded],
    ["predictor", "keyboards", words],
  ];
  return moves.filter(([, , count]) => count > 0);
}

function rate(perSecond: number): string {
  return decimal(perSecond, perSecond < 10 ? 1 : 0);
}

function folded(window: { folded: number; wanted: number | null } | undefined): string {
  if (!window) return "0";
  return window.wanted === null
    ? whole(window.folded)
    : text("pipeline.folded-of", { folded: whole(window.folded), wanted: whole(window.wanted) });
}

function closing(folded: number, secondsLeft: number | null): string {
  if (folded === 0) return text("pipeline.window-waits");
  return secondsLeft === null ? text("pipeline.unsettled") : text("pipeline.seconds-left", { seconds: whole(secondsLeft) });
}

function predictors(pipeline: Pipeline, modelId: string): Shown {
  const its = pipeline.predictors.filter((one) => one.model_id === modelId);
  const versions = [...new Set(its.map((one) => (one.version === null ? "–" : `v${one.version}`)))];
  const ready = its.filter((one) => one.ready).length;
  return {
    large: versions.join(" ") || "–",
    small: its.length === 0 ? text("pipeline.none-known") : text("pipeline.ready-of", { ready, all: its.length }),
  };
}
