/** The bar on top of every page: where to go, and in which language to read. */

import { byId, element } from "./element";
import { chooseLanguage, fillTexts, language, languageName, languages, onLanguage, type Language } from "./texts";

const PAGES = [
  ["/", "bar.keyboard"],
  ["/pipeline", "bar.pipeline"],
] as const;

/** Fill the page's header. */
export function startBar(): void {
  const bar = byId("bar", HTMLElement);
  const links = PAGES.map(([path, name]) => {
    const link = element("a", { href: path, "data-text": name });
    if (location.pathname === path) link.setAttribute("aria-current", "page");
    return link;
  });
  const choice = element("select", { "data-label": "bar.language", id: "page-language" });
  for (const code of Object.keys(languages)) {
    choice.append(element("option", { value: code, title: languageName(code) }, code.toUpperCase()));
  }
  choice.addEventListener("change", () => chooseLanguage(choice.value as Language));
  onLanguage(() => (choice.value = language()));
  choice.value = language();
  const name = element("a", { href: "/", class: "name" }, "FedSwipe");
  bar.append(name, element("nav", { "data-label": "bar.pages" }, ...links), choice);
  fillTexts(bar);
}
