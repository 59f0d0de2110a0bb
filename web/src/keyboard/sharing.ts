/** Whether this person's swipes may leave the page, and the random name that they do it under. */

const CONSENT = "fedswipe.consent";
const CLIENT = "fedswipe.client";

/** Remembers it in `storage`, the browser's own unless a test gives another. */
export class Sharing {
  constructor(private readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> = localStorage) {}

  get on(): boolean {
    return this.storage.getItem(CONSENT) === "yes";
  }

  /** The name that was used, null before the first consent. It stays, so that one may ask what it gave. */
  get clientId(): string | null {
    return this.storage.getItem(CLIENT);
  }

  turn(on: boolean): void {
    if (on && this.clientId === null) this.storage.setItem(CLIENT, `web-${randomId()}`);
    this.storage.setItem(CONSENT, on ? "yes" : "no");
  }

  /** Stop sharing and drop the name: the next consent takes a new one. */
  drop(): void {
    this.turn(false);
    this.storage.removeItem(CLIENT);
  }
}

/** 128 random bits. (randomUUID is not there on a page of a LAN address without TLS.) */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
