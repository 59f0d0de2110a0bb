/** The page's text field, as the composer writes it. */

import type { Field } from "./composer";

/** A field over a text area. */
export function fieldOf(area: HTMLTextAreaElement): Field {
  return {
    read: () => ({ value: area.value, start: area.selectionStart, end: area.selectionEnd }),
    write: ({ value, start, end }) => {
      area.value = value;
      area.setSelectionRange(start, end);
      if (end === value.length) area.scrollTop = area.scrollHeight;
    },
  };
}
