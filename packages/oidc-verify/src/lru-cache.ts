/** A bounded map that forgets what was not used for longest. */
export interface LruCache<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
}

interface Entry<Value> {
  readonly key: string;
  readonly value: Value;
  newer: Entry<Value> | undefined;
  older: Entry<Value> | undefined;
}

/** The order of use is a linked list: moving entries within the map would hash the long key again and again. */
export function createLruCache<Value>(maxEntries: number): LruCache<Value> {
  const entries = new Map<string, Entry<Value>>();
  let newest: Entry<Value> | undefined;
  let oldest: Entry<Value> | undefined;

  function unlink(entry: Entry<Value>): void {
    const { newer, older } = entry;
    if (newer) newer.older = older;
    else newest = older;
    if (older) older.newer = newer;
    else oldest = newer;
  }

  function linkAsNewest(entry: Entry<Value>): void {
    entry.newer = undefined;
    entry.older = newest;
    if (newest) newest.newer = entry;
    newest = entry;
    oldest ??= entry;
  }

  function remove(entry: Entry<Value> | undefined): void {
    if (entry && entries.delete(entry.key)) unlink(entry);
  }

  return {
    get(key) {
      const entry = entries.get(key);
      if (entry && entry !== newest) {
        unlink(entry);
        linkAsNewest(entry);
      }
      return entry?.value;
    },
    set(key, value) {
      if (maxEntries === 0) return;
      remove(entries.get(key));
      if (entries.size >= maxEntries) remove(oldest);
      const entry: Entry<Value> = { key, value, newer: undefined, older: undefined };
      entries.set(key, entry);
      linkAsNewest(entry);
    },
    delete(key) {
      remove(entries.get(key));
    },
  };
}
