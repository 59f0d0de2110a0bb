/** Numbers as people read them, in the page's language. */

import { language } from "./texts";

export function whole(value: number): string {
  return new Intl.NumberFormat(language(), { maximumFractionDigits: 0 }).format(value);
}

export function decimal(value: number, digits: number): string {
  return new Intl.NumberFormat(language(), { maximumFractionDigits: digits }).format(value);
}

/** A share of something as a percentage; a dash where there is nothing to share. */
export function percent(part: number, of: number): string {
  if (of === 0) return "–";
  return new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: 1 }).format(part / of);
}

export function kilobytes(bytes: number): string {
  return new Intl.NumberFormat(language(), {
    style: "unit",
    unit: "kilobyte",
    maximumFractionDigits: bytes < 10_000 ? 1 : 0,
  }).format(bytes / 1000);
}

export function days(count: number): string {
  return new Intl.NumberFormat(language(), { style: "unit", unit: "day", unitDisplay: "long" }).format(count);
}

/** The beginning of a hash: enough to tell two apart. */
export function short(sha256: string): string {
  return sha256.slice(0, 8);
}
