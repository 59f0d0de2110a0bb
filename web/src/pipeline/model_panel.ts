/** One version in a dialog: what it is made of, whether it can be proven, and what an operator may do with it. */

import { model, verification, verify, type Model, type Verification } from "../api/pipeline";
import { clientAddress } from "../shared/addresses";
import { byId, element } from "../shared/element";
import { setText } from "../shared/svg";
import { text, type TextName } from "../shared/texts";
import { Confirmation } from "./confirmation";
import { failed } from "../shared/failed";
import { decimal, percent, whole } from "../shared/numbers";
import { Rows, textRow } from "./rows";

const HASH = /^[0-9a-f]{64}$/;
const LOOK_MS = 700; // between two looks at a verification
type ModelDelta = Model["deltas"][number];

export class ModelPanel {
  private readonly dialog = byId("model", HTMLDialogElement);
  private readonly title = byId("model-title", HTMLElement);
  private readonly facts = byId("model-facts", HTMLElement);
  private readonly verdict = byId("model-verdict", HTMLElement);
  private readonly body = byId("model-body", HTMLElement);
  private readonly recipe = byId("model-recipe", HTMLElement);
  private readonly confirmation: Confirmation;
  private readonly deltas = new Rows<ModelDelta>(
    byId("model-deltas", HTMLElement),
    (one) => `${one.offset} ${one.client_id}`, // another lineage's offset may be another client's
    (one) => textRow(deltaTexts, 7, clientLink(one.client_id)),
  );
  private modelId = "";
  private version = 0;

  constructor(narrated: (said: string) => void) {
    this.confirmation = new Confirmation((said) => {
      this.dialog.close();
      narrated(said);
    });
    byId("model-verify", HTMLButtonElement).addEventListener("click", () => void this.verify());
    for (const name of ["rollback", "pin", "canary"] as const) {
      const button = byId(`model-${name}`, HTMLButtonElement);
      button.addEventListener("click", () => this.confirmation.ask(this.modelId, name, this.version));
    }
    byId("model-close", HTMLButtonElement).addEventListener("click", () => this.dialog.close());
  }

  /** Ask for an act that is about no version. */
  ask(modelId: string, act: "unpin" | "canary/promote" | "canary/abort"): void {
    this.confirmation.ask(modelId, act, null);
  }

  /** Open it for a version. */
  async open(modelId: string, version: number): Promise<void> {
    this.modelId = modelId;
    this.version = version;
    setText(this.title, text("model.title", { model: modelId, version }));
    setText(this.verdict, "");
    this.facts.replaceChildren();
    this.body.hidden = true;
    this.recipe.textContent = "";
    if (!this.dialog.open) this.dialog.showModal();
    try {
      const found = await model(modelId, version);
      if (this.shows(modelId, version)) this.fill(found);
    } catch (error) {
      if (this.shows(modelId, version)) setText(this.verdict, failed(error));
    }
  }

  private fill(found: Model): void {
    const facts: [TextName, string][] = [
      ["model.link", found.link_sha256],
      ["model.parent", found.parent || text("pipeline.none-yet")],
      ["model.sha256", found.model.sha256],
      ["model.offsets", `${found.range.start} – ${found.range.end}`],
      ["model.closed-by", closedBy(found.closed_by, found.rollback_to)],
      ["model.folded", text("model.folded-refused", { folded: found.folded, refused: found.refused, examples: found.examples })],
    ];
    if (found.taken_back.length > 0) {
      facts.push(["model.taken-back", found.taken_back.map((one) => `v${one.version}`).join(", ")]);
    }
    this.facts.replaceChildren(
      ...facts.flatMap(([name, value]) => [element("dt", {}, text(name)), element("dd", {}, HASH.test(value) ? element("code", {}, value) : value)]),
    );
    this.deltas.show(found.deltas);
    this.recipe.textContent = JSON.stringify(found.recipe, null, 1);
    this.body.hidden = false;
  }

  private async verify(): Promise<void> {
    const [modelId, version] = [this.modelId, this.version];
    try {
      let known = await verify(modelId, version);
      while (this.shows(modelId, version) && (known.state === "waiting" || known.state === "running")) {
        setText(this.verdict, progress(known));
        await new Promise((wake) => setTimeout(wake, LOOK_MS));
        known = await verification(modelId, version);
      }
      if (this.shows(modelId, version)) this.judge(known);
    } catch (error) {
      if (this.shows(modelId, version)) setText(this.verdict, failed(error));
    }
  }

  private judge(known: Verification): void {
    const report = known.report as { verdict: string; recomputed: number; findings: { detail: string }[] } | null;
    if (report === null) return setText(this.verdict, text("model.not-verified", { reason: known.error ?? "" }));
    const finding = report.findings[0]?.detail ?? "";
    const said = { proven: "model.proven", broken: "model.broken" }[report.verdict] ?? "model.expired";
    setText(this.verdict, text(said as TextName, { finding }));
    this.verdict.dataset["verdict"] = report.verdict;
  }

  /** Tell whether the dialog is still about this version: an answer may come late. */
  private shows(modelId: string, version: number): boolean {
    return this.dialog.open && this.modelId === modelId && this.version === version;
  }
}

/** What became of a window, in words. */
export function closedBy(code: string, rollbackTo: number | null = null): string {
  if (code === "ROLLBACK" && rollbackTo !== null) return text("closed.rollback-to", { version: rollbackTo });
  const names: Record<string, TextName> = {
    FACTORY: "closed.factory",
    DELTAS: "closed.deltas",
    RECORDS: "closed.records",
    TIME: "closed.time",
    ROLLBACK: "closed.rollback",
  };
  const name = names[code];
  return name ? text(name) : code;
}

function progress(known: Verification): string {
  const share = known.of > 0 ? percent(known.done, known.of) : "";
  return text("model.verifying", { doing: known.doing ?? "", share });
}

/** To the client's page; a dash where the delta is gone, or names none. */
function clientLink(clientId: string | null): Node {
  return clientId ? element("a", { href: clientAddress(clientId) }, clientId) : document.createTextNode("–");
}

function deltaTexts(one: ModelDelta): string[] {
  const shown = (value: number | null, digits = 0) => (value === null ? "–" : digits ? decimal(value, digits) : whole(value));
  return [
    whole(one.offset),
    one.verdict,
    shown(one.examples),
    percent(one.share, 1),
    shown(one.norm, 3),
    one.base_version === null ? "–" : `v${one.base_version}`,
  ];
}
