/** The panels that show what a client gave. */

import type { Client, ClientDelta } from "../api/clients";
import { versionAddress } from "../shared/addresses";
import { byId, element } from "../shared/element";
import { whole } from "../shared/numbers";
import { text } from "../shared/texts";
import { counts, kept, verdict } from "./words";

const NEWEST = 1_000; // deltas that ingest lists of each model

/** Show it, or nothing when there is nothing. */
export function showGiven(client: Client | null): void {
  for (const id of ["given", "versions", "deltas"]) byId(id, HTMLElement).hidden = client === null;
  if (client === null) return;
  byId("counts", HTMLElement).replaceChildren(
    ...counts(client).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );
  byId("kept", HTMLElement).textContent = kept(client.kept, Date.now());
  byId("version-links", HTMLElement).replaceChildren(
    ...client.versions.map((one) => element("li", {}, versionLink(one.model_id, one.version, true))).reverse(),
  );
  byId("no-versions", HTMLElement).hidden = client.versions.length > 0;
  byId("version-links", HTMLElement).hidden = client.versions.length === 0;
  byId("delta-rows", HTMLElement).replaceChildren(...client.deltas.map(deltaRow).reverse());
  byId("no-deltas", HTMLElement).hidden = client.deltas.length > 0;
  byId("delta-table", HTMLElement).hidden = client.deltas.length === 0;
  byId("newest", HTMLElement).hidden = client.deltas.length < NEWEST;
}

function deltaRow(delta: ClientDelta): HTMLElement {
  const { folded_in: version, model_id: modelId } = delta;
  const cells: (Node | string)[] = [
    modelId,
    `v${delta.base_version}`,
    whole(delta.examples),
    verdict(delta.verdict),
    version === null ? "–" : versionLink(modelId, version, false),
  ];
  const head = element("th", { scope: "row", title: delta.delta_id }, whole(delta.offset));
  return element("tr", {}, head, ...cells.map((cell) => element("td", {}, cell)));
}

/** A link to the version's panel; short where the model is told beside it. */
function versionLink(modelId: string, version: number, named: boolean): HTMLElement {
  const href = versionAddress(modelId, version);
  if (named) return element("a", { href }, text("given.version", { model: modelId, version }));
  return element("a", { href, "aria-label": text("versions.open", { version }) }, `v${version}`);
}
