/** A client's page: wiring. */

import { client } from "../api/clients";
import { Sharing } from "../keyboard/sharing";
import { storedSwipes } from "../keyboard/stored_swipes";
import { clientIn } from "../shared/addresses";
import { startBar } from "../shared/bar";
import { byId } from "../shared/element";
import { failed } from "../shared/failed";
import { onLanguage, startTexts, text } from "../shared/texts";
import { showGiven } from "./given";
import { OwnName } from "./own_name";
import { Question } from "./question";
import { answered, failedWith, mayForget, mayRetry, type State } from "./state";

function start(clientId: string): void {
  const name = new OwnName(clientId, new Sharing(), storedSwipes);
  const retry = byId("retry", HTMLButtonElement);
  const forget = byId("forget", HTMLButtonElement);
  let state: State = { kind: "loading" };
  let forgotten: number | null = null; // the offset of the record that says so

  const show = () => {
    const offered = mayForget(state, name.own) && forgotten === null;
    byId("said", HTMLElement).textContent = said(state);
    retry.hidden = !mayRetry(state);
    showGiven(state.kind === "gave" ? state.client : null);
    byId("remains", HTMLElement).hidden = !offered && forgotten === null;
    forget.hidden = !offered;
    forget.textContent = text(name.own ? "forget.me" : "forget.other");
    byId("forgotten", HTMLElement).hidden = forgotten === null;
    byId("forgotten-own", HTMLElement).hidden = !name.own;
    byId("forgotten-record", HTMLElement).textContent = text("forgotten.record", { offset: forgotten ?? "" });
  };
  const become = (next: State) => {
    state = next;
    show();
  };
  const forgottenBy = (offset: number) => {
    forgotten ??= offset;
    show();
    void name.drop();
  };
  const read = async () => {
    become({ kind: "loading" });
    try {
      const found = await client(clientId);
      become(answered(found));
      if (found.forgotten) forgottenBy(found.forgotten.offset);
    } catch (error) {
      become(failedWith(error));
    }
  };

  const question = new Question(clientId, name.own, (offset) => {
    forgottenBy(offset);
    byId("forgotten-title", HTMLElement).focus(); // the button that had the focus is gone
  });
  forget.addEventListener("click", () => question.ask());
  retry.addEventListener("click", () => void read());
  byId("name", HTMLElement).textContent = clientId;
  byId("own", HTMLElement).hidden = !name.own;
  onLanguage(show);
  if (clientId === "") become({ kind: "nobody" });
  else void read();
}

/** What is said above the panels: how far reading is, and why there is nothing to show. */
function said(state: State): string {
  if (state.kind === "gave") return "";
  return state.kind === "failed" ? failed(state.error) : text(`client.${state.kind}`);
}

startTexts();
startBar();
start(clientIn(location.pathname));
