/** Asks before an operator acts, then acts. */

import { act, type Act } from "../api/pipeline";
import { byId } from "../shared/element";
import { setText } from "../shared/svg";
import { text, type TextName } from "../shared/texts";
import { failed } from "../shared/failed";

const NAMES: Readonly<Record<Act, string>> = {
  rollback: "rollback",
  pin: "pin",
  unpin: "unpin",
  canary: "canary",
  "canary/promote": "promote",
  "canary/abort": "abort",
};

export class Confirmation {
  private readonly dialog = byId("confirm", HTMLDialogElement);
  private readonly question = byId("confirm-question", HTMLElement);
  private readonly share = byId("confirm-share", HTMLInputElement);
  private readonly shareRow = byId("confirm-share-row", HTMLElement);
  private readonly refusal = byId("confirm-refusal", HTMLElement);
  private readonly yes = byId("confirm-yes", HTMLButtonElement);
  private wanted: { modelId: string; act: Act; version: number | null } | null = null;

  /** `done` is told in words what was done. */
  constructor(private readonly done: (said: string) => void) {
    byId("confirm-no", HTMLButtonElement).addEventListener("click", () => this.dialog.close());
    byId("confirm-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.act();
    });
  }

  /** Ask whether to do this. */
  ask(modelId: string, what: Act, version: number | null): void {
    this.wanted = { modelId, act: what, version };
    setText(this.question, text(`confirm.${NAMES[what]}` as TextName, { model: modelId, version: version ?? "" }));
    setText(this.yes, text(`act.${NAMES[what]}` as TextName));
    setText(this.refusal, "");
    this.shareRow.hidden = what !== "canary";
    this.yes.disabled = false;
    this.dialog.showModal();
  }

  private async act(): Promise<void> {
    if (this.wanted === null) return;
    const { modelId, act: what, version } = this.wanted;
    const fields = version === null ? {} : { version };
    this.yes.disabled = true;
    try {
      await act(modelId, what, what === "canary" ? { ...fields, share: Number(this.share.value) / 100 } : fields);
      this.dialog.close();
      this.done(text(`done.${NAMES[what]}` as TextName, { version: version ?? "" }));
    } catch (error) {
      setText(this.refusal, failed(error));
      this.yes.disabled = false;
    }
  }
}
