/** Where the keys of a keyboard lie, in fractions of the letters' width and height. */

import type { Keyboard } from "../api/calls";

/** A key: its letter, the letters that share it, its centre and size. */
export interface PlacedKey {
  readonly letter: string;
  readonly shared: readonly string[];
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Place every key, row by row as the keyboard lists them. */
export function placed(keyboard: Keyboard): PlacedKey[] {
  const width = keyboard.key_width / keyboard.width;
  const height = keyboard.key_height / keyboard.height;
  const keys = new Map<string, PlacedKey & { shared: string[] }>();
  for (const { letter, x, y } of keyboard.keys) {
    const host = keys.get(`${x} ${y}`);
    if (host) host.shared.push(letter);
    else {
      const place = { x: x / keyboard.width, y: y / keyboard.height };
      keys.set(`${x} ${y}`, { letter, shared: [], ...place, width, height });
    }
  }
  return [...keys.values()];
}

/** The key whose centre is nearest to a point; `aspect` is the keyboard's height by its width. */
export function nearest(keys: readonly PlacedKey[], x: number, y: number, aspect: number): PlacedKey {
  const distance = (key: PlacedKey) => Math.hypot(key.x - x, (key.y - y) * aspect);
  return keys.reduce((best, key) => (distance(key) < distance(best) ? key : best));
}

/** The keys of the lowest row, from left to right. */
export function lowestRow(keys: readonly PlacedKey[]): PlacedKey[] {
  const y = Math.max(...keys.map((key) => key.y));
  return keys.filter((key) => key.y === y).sort((a, b) => a.x - b.x);
}
