/** The page's tables and its numbers: each is changed in place. */

import type { Delta, Lineage, Pipeline, Predictor, Version } from "../api/pipeline";
import { clientAddress } from "../shared/addresses";
import { byId, element } from "../shared/element";
import { decimal, kilobytes, percent, whole } from "../shared/numbers";
import { text } from "../shared/texts";
import { closedBy } from "./model_panel";
import { Rows, textRow, type Row } from "./rows";

const CLIENT = 14; // characters of a client's id: enough to tell two apart

interface Marked extends Version {
  readonly marks: string;
}

export class Tables {
  private readonly versions: Rows<Marked>;
  private readonly deltas = new Rows<Delta>(
    byId("deltas", HTMLElement),
    (one) => `${one.model_id} ${one.offset}`,
    (one) => deltaRow(one.client_id),
  );
  private readonly predictors = new Rows<Predictor>(
    byId("predictors", HTMLElement),
    (one) => one.url,
    () => textRow(predictorTexts, 4),
  );
  private readonly letters = new Rows<[string, number]>(byId("letters", HTMLElement), ([reason]) => reason, pair);
  private readonly lag = new Rows<[string, number]>(byId("lag", HTMLElement), ([group]) => group, pair);

  constructor(private readonly open: (version: number) => void) {
    this.versions = new Rows<Marked>(
      byId("versions", HTMLElement),
      (one) => String(one.version),
      (one) => this.versionRow(one.version),
    );
  }

  /** Show a snapshot, with the versions of this lineage. */
  show(pipeline: Pipeline, modelId: string): void {
    const lineage = pipeline.lineages[modelId];
    this.versions.show(lineage ? marked(lineage).reverse() : []);
    this.deltas.show(pipeline.deltas.latest);
    this.predictors.show(pipeline.predictors);
    this.letters.show(Object.entries(pipeline.dead_letters.by_reason).sort(([, a], [, b]) => b - a));
    this.lag.show(Object.entries(pipeline.lag).map(([group, { behind }]) => [group, behind]));
    byId("no-versions", HTMLElement).hidden = (lineage?.versions.length ?? 0) > 0;
    byId("no-deltas", HTMLElement).hidden = pipeline.deltas.latest.length > 0;
    byId("no-predictors", HTMLElement).hidden = pipeline.predictors.length > 0;
    byId("no-letters", HTMLElement).hidden = pipeline.dead_letters.total > 0;
  }

  private versionRow(version: number): Row<Marked> {
    const button = element("button", { type: "button", class: "version" }, `v${version}`);
    button.addEventListener("click", () => this.open(version));
    const row = textRow(versionTexts, 7, button);
    return {
      element: row.element,
      update(one) {
        const label = text("versions.open", { version });
        if (button.getAttribute("aria-label") !== label) button.setAttribute("aria-label", label);
        row.update(one);
      },
    };
  }
}

/** A delta's row; its client leads to the client's page. */
function deltaRow(clientId: string): Row<Delta> {
  const link = element("a", { href: clientAddress(clientId), title: clientId }, clientId.slice(0, CLIENT));
  return textRow(deltaTexts, 5, link);
}

function marked(lineage: Lineage): Marked[] {
  const { stable, pinned, canary, share } = lineage.serving;
  const head = lineage.head?.version;
  return lineage.versions.map((one) => {
    const marks = [
      one.version === head ? text("mark.head") : "",
      one.version === stable ? text(pinned ? "mark.pinned" : "mark.stable") : "",
      one.version === canary ? text("mark.canary", { share: percent(share ?? 0, 1) }) : "",
    ];
    return { ...one, marks: marks.filter(Boolean).join(", ") };
  });
}

function versionTexts(one: Marked): string[] {
  return [
    one.marks,
    closedBy(one.closed_by),
    whole(one.deltas),
    whole(one.judged),
    percent(one.right, one.judged),
    percent(one.among_few, one.judged),
  ];
}

function deltaTexts(one: Delta): string[] {
  const norm = one.norm === null ? "–" : decimal(one.norm, 3);
  return [kilobytes(one.bytes), norm, whole(one.examples), `v${one.base_version}`];
}

function predictorTexts(one: Predictor): string[] {
  const version = one.version === null ? "–" : `v${one.version}`;
  return [one.model_id, version, text(one.ready ? "predictors.ready" : "predictors.away"), one.instance ?? one.url];
}

function pair(): Row<[string, number]> {
  return textRow(([name, count]) => [name, whole(count)], 2);
}
