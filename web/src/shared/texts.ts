/** The pages' texts in every language; English says which there are. */

import { en } from "./texts.en";
import { ru } from "./texts.ru";

export type TextName = keyof typeof en;

export const languages = { en, ru } satisfies Record<string, Readonly<Record<TextName, string>>>;
export type Language = keyof typeof languages;

const REMEMBERED = "fedswipe.language";
let chosen: Language = "en";
const listeners: (() => void)[] = [];

/** The language that the texts are in. */
export function language(): Language {
  return chosen;
}

/** What a language calls itself. */
export function languageName(code: string): string {
  const name = new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;
  return name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
}

/** A text, its {places} filled. */
export function text(name: TextName, places: Readonly<Record<string, string | number>> = {}): string {
  const found = languages[chosen][name];
  return found.replace(/\{(\w+)\}/g, (whole, place: string) => String(places[place] ?? whole));
}

/** Take the language that was chosen before, or else the browser's, and put its texts in. */
export function startTexts(): void {
  const wished = [localStorage.getItem(REMEMBERED) ?? "", ...navigator.languages];
  const found = wished.map((wish) => wish.slice(0, 2)).find((wish) => wish in languages);
  show((found ?? "en") as Language);
}

/** Change the language of the page, for now and the next time. */
export function chooseLanguage(wanted: Language): void {
  localStorage.setItem(REMEMBERED, wanted);
  show(wanted);
}

/** Be called whenever the language has changed, for texts that no attribute names. */
export function onLanguage(listener: () => void): void {
  listeners.push(listener);
}

const ATTRIBUTES = { label: "aria-label", placeholder: "placeholder" };

/** Fill every element that names its text: data-text its content, data-label, data-placeholder attributes. */
export function fillTexts(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement>("[data-text]")) {
    element.textContent = text(element.dataset["text"] as TextName);
  }
  for (const [data, attribute] of Object.entries(ATTRIBUTES)) {
    for (const element of root.querySelectorAll<HTMLElement>(`[data-${data}]`)) {
      element.setAttribute(attribute, text(element.dataset[data] as TextName));
    }
  }
}

function show(wanted: Language): void {
  chosen = wanted;
  document.documentElement.lang = wanted;
  fillTexts(document);
  for (const listener of listeners) listener();
}
