/** What the page says of a client, in words. Pure but for the language. */

import type { Client } from "../api/clients";
import { days, whole } from "../shared/numbers";
import { language, languages, text, type TextName } from "../shared/texts";

const DAY_MS = 86_400_000;

/** Names and values of what was given, for a list. */
export function counts(client: Client): [string, string][] {
  const layouts = Object.entries(client.swipes_by_layout).sort(([, a], [, b]) => b - a);
  const by = layouts.map(([layout, count]) => `${layout}: ${whole(count)}`).join(", ");
  return [
    [text("given.swipes"), by ? `${whole(client.swipes)} (${by})` : whole(client.swipes)],
    [text("given.words"), whole(client.words)],
    [text("given.deltas-count"), whole(client.deltas.length)],
    [text("given.versions-count"), whole(client.versions.length)],
  ];
}

/** What became of a delta; null is not settled, or not told yet. */
export function verdict(code: string | null): string {
  if (code === null) return text("verdict.unsettled");
  const name = `verdict.${code}`;
  return name in languages.en ? text(name as TextName) : text("verdict.other", { code });
}

/** How long what is counted is kept, and since when all of it is there, seen from `nowMs`. */
export function kept({ swipes_days, deltas_days }: Client["kept"], nowMs: number): string {
  return text("given.kept", { swipes: keptFor(swipes_days, nowMs), deltas: keptFor(deltas_days, nowMs) });
}

function keptFor(count: number | null, nowMs: number): string {
  if (count === null) return text("given.kept-forever");
  const date = new Intl.DateTimeFormat(language(), { dateStyle: "long" }).format(nowMs - count * DAY_MS);
  return text("given.kept-days", { days: days(count), date });
}
