/** The part of the page where somebody agrees to share, sees what left, and asks for training. */

import { train } from "../api/calls";
import { clientAddress } from "../shared/addresses";
import { byId } from "../shared/element";
import { onLanguage, text, type TextName } from "../shared/texts";
import type { Progress, SwipeQueue } from "./queue";
import type { Sharing } from "./sharing";

const SHOWN_OF_NAME = 12; // characters

export interface SharingPanel {
  progressed(progress: Progress): void;
  connect(queue: SwipeQueue): void;
}

/** Show `sharing` and let it be changed. */
export function startSharing(sharing: Sharing): SharingPanel {
  const consent = byId("consent", HTMLInputElement);
  const learn = byId("learn", HTMLButtonElement);
  const mine = byId("mine", HTMLAnchorElement);
  const sent = byId("sent", HTMLElement);
  let progress: Progress = { sent: 0, waiting: 0 };
  let said: TextName | null = null;

  const show = () => {
    const name = sharing.clientId;
    consent.checked = sharing.on;
    learn.disabled = !sharing.on;
    mine.hidden = name === null;
    if (name !== null) mine.href = clientAddress(name);
    const short = name?.slice(0, SHOWN_OF_NAME) ?? "";
    byId("consent-means", HTMLElement).textContent = text(sharing.on ? "sharing.on" : "sharing.off", {
      name: `${short}…`,
    });
    const nothing = !sharing.on && progress.sent + progress.waiting === 0;
    const counted = progress.waiting > 0 ? "sharing.waiting" : "sharing.sent";
    sent.textContent = said ? text(said) : nothing ? "" : text(counted, { ...progress });
  };
  const say = (name: TextName | null) => {
    said = name;
    show();
  };
  onLanguage(show);
  addEventListener("storage", show); // another page has dropped the name
  addEventListener("pageshow", show); // and this one is gone back to
  show();

  return {
    progressed(now) {
      progress = now;
      say(null);
    },
    connect(queue) {
      consent.addEventListener("change", () => {
        sharing.turn(consent.checked);
        if (!sharing.on) void queue.clear(); // what was not sent yet stays here
        say(null);
      });
      learn.addEventListener("click", () => {
        const name = sharing.clientId;
        if (name === null) return;
        void queue
          .flush()
          .then(() => train(name))
          .then(() => say("sharing.learning"))
          .catch(() => say("sharing.learn-failed"));
      });
    },
  };
}
