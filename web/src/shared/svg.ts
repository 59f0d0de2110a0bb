/** Making SVG elements. */

const NAMESPACE = "http://www.w3.org/2000/svg";

/** A new SVG element with these attributes and children. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: (Node | string)[]
): SVGElementTagNameMap[K] {
  const made = document.createElementNS(NAMESPACE, tag);
  setAll(made, attributes);
  made.append(...children);
  return made;
}

/** Set these attributes. */
export function setAll(at: Element, attributes: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(attributes)) at.setAttribute(name, String(value));
}

/** Set an element's text, if it is another. */
export function setText(at: Element, content: string): void {
  if (at.textContent !== content) at.textContent = content;
}
