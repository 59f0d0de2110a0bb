/** How long a window has left, between two snapshots: by this page's clock, from when the snapshot came. */

import type { Lineage } from "../api/pipeline";

export class Countdown {
  private left: number | null = null;
  private came = 0;

  /** Take a snapshot's lineage at a reading of the clock, in ms. */
  take(lineage: Lineage | undefined, nowMs: number): void {
    this.left = lineage?.window.seconds_left ?? null;
    this.came = nowMs;
  }

  /** The whole seconds that are left; null while the window is empty, or its size is not known. */
  seconds(nowMs: number): number | null {
    return this.left === null ? null : Math.max(0, Math.ceil(this.left - (nowMs - this.came) / 1000));
  }
}
