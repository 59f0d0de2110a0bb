/** Acts in the order in which fingers made them: what follows a swipe waits for its word. */
export class InOrder {
  private last: Promise<void> | null = null;

  /** Do it now if nothing is under way, else behind what is. */
  do(act: () => void): void {
    if (this.last) this.then(async () => act());
    else act();
  }

  /** Do something that takes time. */
  then(act: () => Promise<void>): void {
    const done = (this.last ?? Promise.resolve()).then(act).catch((error: unknown) => reportError(error));
    this.last = done;
    void done.then(() => {
      if (this.last === done) this.last = null;
    });
  }
}
