/** Rows that are kept: what stays is changed in place, what is gone is taken out, so that a page never grows. */

import { setText } from "../shared/svg";

/** A row's element, and what changes it. */
export interface Row<T> {
  readonly element: HTMLElement;
  update(item: T): void;
}

export class Rows<T> {
  private readonly known = new Map<string, Row<T>>();

  constructor(
    private readonly root: HTMLElement,
    private readonly key: (item: T) => string,
    private readonly make: (item: T) => Row<T>,
  ) {}

  /** Show these items, in this order. */
  show(items: readonly T[]): void {
    const wanted = new Set(items.map(this.key));
    for (const [key, row] of this.known) {
      if (wanted.has(key)) continue;
      row.element.remove();
      this.known.delete(key);
    }
    let before: Element | null = this.root.firstElementChild;
    for (const item of items) {
      const row = this.row(item);
      row.update(item);
      if (row.element === before) before = before.nextElementSibling;
      else this.root.insertBefore(row.element, before);
    }
  }

  private row(item: T): Row<T> {
    const key = this.key(item);
    const known = this.known.get(key);
    if (known) return known;
    const made = this.make(item);
    this.known.set(key, made);
    return made;
  }
}

/** A table's row of texts. The first cell heads it; it is `head`, when there is one, and no text. */
export function textRow<T>(texts: (item: T) => readonly string[], columns: number, head: Node | null = null): Row<T> {
  const element = document.createElement("tr");
  const cells = Array.from({ length: columns }, (_, n) => document.createElement(n === 0 ? "th" : "td"));
  cells[0]?.setAttribute("scope", "row");
  if (head) cells[0]?.append(head);
  element.append(...cells);
  const texted = head ? cells.slice(1) : cells;
  return {
    element,
    update(item) {
      texts(item).forEach((content, n) => {
        const cell = texted[n];
        if (cell) setText(cell, content);
      });
    },
  };
}
