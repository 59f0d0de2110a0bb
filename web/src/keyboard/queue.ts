/** Swipes on their way to ingest: kept until it has acknowledged them, under the ids that they got here. */

import { Refused, type Swipe } from "../api/calls";

/** Where swipes wait, through reloads. */
export interface Waiting {
  add(swipe: Swipe): Promise<void>;
  oldest(most: number): Promise<Swipe[]>;
  remove(ids: readonly string[]): Promise<void>;
  count(): Promise<number>;
  clear(): Promise<void>;
}

export interface Progress {
  readonly sent: number;
  readonly waiting: number;
}

const MOST = 16; // swipes a request: they still fit into one that outlives the page
const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
const UNUSABLE = [400, 413, 422]; // sending the same again does not help

/** `send` gives Refused when ingest will not have them, and any other error when it was not reached. */
export class SwipeQueue {
  private sent = 0;
  private failures = 0;
  private sending: Promise<void> | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly waiting: Waiting,
    private readonly send: (swipes: readonly Swipe[]) => Promise<void>,
    private readonly progressed: (progress: Progress) => void,
    private readonly random: () => number = Math.random,
  ) {}

  /** Take a swipe in and try to send it. */
  async push(swipe: Swipe): Promise<void> {
    await this.waiting.add(swipe);
    await this.flush();
  }

  /** Send what waits, now; what cannot be sent is tried again, later and later. */
  async flush(): Promise<void> {
    clearTimeout(this.retry);
    await this.sending; // what came while it was sending is for this turn
    this.sending ??= this.sendAll().finally(() => (this.sending = null));
    await this.sending;
  }

  /** Drop what was not sent yet. */
  async clear(): Promise<void> {
    clearTimeout(this.retry);
    await this.waiting.clear();
    await this.tell();
  }

  private async sendAll(): Promise<void> {
    let batch: Swipe[];
    while ((batch = await this.waiting.oldest(MOST)).length > 0) {
      await this.tell();
      try {
        await this.deliver(batch);
        this.failures = 0;
      } catch {
        this.later();
        return;
      }
    }
    await this.tell();
  }

  /**
   * Send a batch; what ingest refuses for good is dropped, and the rest of it stays for the next turn. Where ingest
   * refuses the whole of it without saying which swipe it means, each is sent alone.
   */
  private async deliver(batch: readonly Swipe[]): Promise<void> {
    let done: readonly Swipe[] = batch;
    try {
      await this.send(batch);
      this.sent += batch.length;
    } catch (error) {
      if (!(error instanceof Refused) || !UNUSABLE.includes(error.status)) throw error;
      const refused = new Set(error.problem.errors?.map((one) => one.index));
      if (refused.size > 0) done = batch.filter((_, number) => refused.has(number));
      else if (batch.length > 1) {
        for (const one of batch) await this.deliver([one]);
        return;
      }
    }
    await this.waiting.remove(done.map((swipe) => swipe.swipe_id));
  }

  private later(): void {
    const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.failures);
    this.failures += 1;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => void this.flush(), most * (0.5 + this.random() / 2));
    void this.tell();
  }

  private async tell(): Promise<void> {
    this.progressed({ sent: this.sent, waiting: await this.waiting.count() });
  }
}
