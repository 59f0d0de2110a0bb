/** Waiting swipes in IndexedDB, oldest first. */

import type { Waiting } from "./queue";

const STORE = "swipes";

/** Open the browser's store. */
export async function storedSwipes(): Promise<Waiting> {
  const opening = indexedDB.open("fedswipe", 1);
  opening.onupgradeneeded = () => {
    const store = opening.result.createObjectStore(STORE, { autoIncrement: true });
    store.createIndex("swipe_id", "swipe_id", { unique: true });
  };
  const database = await finished(opening);
  const store = (mode: IDBTransactionMode) => database.transaction(STORE, mode).objectStore(STORE);
  return {
    add: async (swipe) => void (await finished(store("readwrite").add(swipe))),
    oldest: (most) => finished(store("readonly").getAll(null, most)),
    count: () => finished(store("readonly").count()),
    clear: () => finished(store("readwrite").clear()),
    remove: async (ids) => {
      const swipes = store("readwrite");
      const keys = await Promise.all(ids.map((id) => finished(swipes.index("swipe_id").getKey(id))));
      await Promise.all(keys.filter((key) => key !== undefined).map((key) => finished(swipes.delete(key))));
    },
  };
}

function finished<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser's store failed"));
  });
}
