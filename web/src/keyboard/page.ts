/** The keyboard's page: wiring. */

import { keyboards, recordSwipes, type Keyboard } from "../api/calls";
import { startBar } from "../shared/bar";
import { byId, element } from "../shared/element";
import { onLanguage, startTexts, text, type TextName } from "../shared/texts";
import { Board, type Act } from "./board";
import { beginsSentence } from "./text";
import type { Shown } from "./composer";
import { fieldOf } from "./field";
import { SwipeQueue } from "./queue";
import { Sharing } from "./sharing";
import { startSharing } from "./sharing_panel";
import { storedSwipes } from "./stored_swipes";
import { Suggestions } from "./suggestions";
import { Touch } from "./touch";
import { Trail } from "./trail";
import { Typing } from "./typing";

const LAYOUT = "fedswipe.layout";
const NOTICES = { words: "", refused: "keyboard.refused", away: "keyboard.offline" } as const;

async function start(): Promise<void> {
  const area = byId("text", HTMLTextAreaElement);
  const root = byId("board", HTMLElement);
  const canvas = element("canvas", { "aria-hidden": "true" });
  const field = fieldOf(area);
  const sharing = new Sharing();
  const panel = startSharing(sharing);
  const queue = new SwipeQueue(await storedSwipes(), recordSwipes, (progress) => panel.progressed(progress));
  panel.connect(queue);

  let board: Board;
  let shift: Shown["shift"] = "off";
  const showCase = () => board.showCase(shift !== "off" || beginsSentence(field.read()), shift !== "off");
  const suggestions = new Suggestions(byId("words", HTMLElement), (number) => typing.choose(number));
  const typing = new Typing(field, sharing, {
    shown(shown) {
      suggestions.show(shown.words, shown.chosen);
      shift = shown.shift;
      showCase();
    },
    kept: (swipe) => void queue.push(swipe),
    predicted: (what) => notice(NOTICES[what]),
  });
  const trail = new Trail(canvas, matchMedia("(prefers-reduced-motion: reduce)"));
  new Touch(root, () => board, trail, typing);

  const act = (act: Act) => (act === "language" ? nextKeyboard() : typing.act(act));
  const show = (keyboard: Keyboard) => {
    typing.settle();
    typing.keyboard = keyboard;
    area.lang = root.lang = keyboard.language;
    board = new Board(root, canvas, keyboard, act, (letter) => typing.tapped(letter));
    showCase();
    notice(keyboard.predicts ? "" : "keyboard.no-predictor");
  };
  const nextKeyboard = offer(await keyboards(), show);
  new ResizeObserver(() => trail.resize(root.clientWidth, root.clientHeight)).observe(root);

  area.addEventListener("input", () => {
    typing.settle();
    showCase();
  });
  document.addEventListener("selectionchange", showCase);
  root.addEventListener("pointerdown", () => area.focus({ preventScroll: true }));
  document.addEventListener("visibilitychange", () => document.hidden && typing.settle());
  addEventListener("pagehide", () => typing.settle());
  addEventListener("online", () => void queue.flush());
  byId("copy", HTMLButtonElement).addEventListener("click", () => void copy(area));
  byId("clear", HTMLButtonElement).addEventListener("click", () => {
    typing.settle();
    field.write({ value: "", start: 0, end: 0 });
    showCase();
    area.focus({ preventScroll: true });
  });
  await (sharing.on ? queue.flush() : queue.clear()); // it may have been taken back on another page
}

/** Show the keyboard of last time, or else the first; return what shows the next one. */
function offer(known: readonly Keyboard[], show: (keyboard: Keyboard) => void): () => void {
  let shown = Math.max(0, known.findIndex((one) => one.layout === localStorage.getItem(LAYOUT)));
  const choose = (number: number) => {
    const keyboard = known[number];
    if (!keyboard) throw new Error("ingest knows no keyboard");
    shown = number;
    localStorage.setItem(LAYOUT, keyboard.layout);
    show(keyboard);
  };
  choose(shown);
  return () => choose((shown + 1) % known.length);
}

async function copy(area: HTMLTextAreaElement): Promise<void> {
  const { value, selectionStart, selectionEnd } = area;
  const wanted = selectionStart === selectionEnd ? value : value.slice(selectionStart, selectionEnd);
  if (navigator.clipboard) await navigator.clipboard.writeText(wanted);
  else document.execCommand("copy"); // a page without TLS has no other way
  notice("keyboard.copied");
}

let noticed: TextName | "" = "";

function notice(name: TextName | ""): void {
  noticed = name;
  byId("notice", HTMLElement).textContent = name && text(name);
}

startTexts();
startBar();
onLanguage(() => notice(noticed));
start().catch((error: unknown) => {
  notice("keyboard.failed");
  reportError(error);
});
