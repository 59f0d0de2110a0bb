/** Asks before a client is forgotten, then forgets it. */

import { forget } from "../api/clients";
import { byId } from "../shared/element";
import { failed } from "../shared/failed";

export class Question {
  private readonly dialog = byId("question", HTMLDialogElement);
  private readonly refusal = byId("question-refusal", HTMLElement);
  private readonly yes = byId("question-yes", HTMLButtonElement);

  /** `done` is told the offset of the record that forgets `clientId`; `own` is whether it is this browser's name. */
  constructor(
    private readonly clientId: string,
    own: boolean,
    private readonly done: (offset: number) => void,
  ) {
    byId("question-name", HTMLElement).textContent = clientId;
    byId("question-own", HTMLElement).hidden = !own;
    byId("question-no", HTMLButtonElement).addEventListener("click", () => this.dialog.close());
    byId("question-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.forget();
    });
  }

  ask(): void {
    this.refusal.textContent = "";
    this.dialog.showModal();
  }

  private async forget(): Promise<void> {
    this.yes.disabled = true;
    this.refusal.textContent = "";
    try {
      const offset = await forget(this.clientId);
      this.dialog.close();
      this.done(offset);
    } catch (error) {
      this.refusal.textContent = failed(error);
    } finally {
      this.yes.disabled = false;
    }
  }
}
