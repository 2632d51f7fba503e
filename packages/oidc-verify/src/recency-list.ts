/** What stands in a {@link RecencyList}. */
export interface Recent<Node> {
  newer: Node | undefined;
  older: Node | undefined;
}

/** Things in the order of their last use. */
export interface RecencyList<Node> {
  newest(): Node | undefined;
  oldest(): Node | undefined;
  /** Puts in what is not in the list, as the newest. */
  add(node: Node): void;
  /** Makes the newest of what is in the list. */
  touch(node: Node): void;
  /** Takes out what is in the list. */
  remove(node: Node): void;
}

/** Linked, not a map whose entries move: that would hash a long token again and again. */
export function createRecencyList<Node extends Recent<Node>>(): RecencyList<Node> {
  let newest: Node | undefined;
  let oldest: Node | undefined;

  function remove({ newer, older }: Node): void {
    if (newer) newer.older = older;
    else newest = older;
    if (older) older.newer = newer;
    else oldest = newer;
  }

  function add(node: Node): void {
    node.newer = undefined;
    node.older = newest;
    if (newest) newest.newer = node;
    newest = node;
    oldest ??= node;
  }

  return {
    newest: () => newest,
    oldest: () => oldest,
    add,
    remove,
    touch(node) {
      if (node === newest) return;
      remove(node);
      add(node);
    },
  };
}
