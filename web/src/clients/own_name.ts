/** The random name that this browser's keyboard gives under, when the page is about that one. */

import type { Sharing } from "../keyboard/sharing";

/** `waiting` opens the swipes that wait to be sent. */
export class OwnName {
  /** Whether the page is about this browser's name, also after it was dropped. */
  readonly own: boolean;

  constructor(
    private readonly clientId: string,
    private readonly sharing: Sharing,
    private readonly waiting: () => Promise<{ clear(): Promise<void> }>,
  ) {
    this.own = sharing.clientId === clientId;
  }

  /** Nothing is given under it any more: sharing is off, the name is gone, and so is what waits to be sent. */
  async drop(): Promise<void> {
    if (this.sharing.clientId !== this.clientId) return;
    this.sharing.drop();
    await (await this.waiting()).clear();
  }
}
