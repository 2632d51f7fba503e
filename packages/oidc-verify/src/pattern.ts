/**
 * Matches whole values against text in which `*` stands for any run of characters. No regular expression is built from it, so
 * nothing in it can be mistaken for one; time grows with the length of the value.
 */
export function createPattern(text: string): (value: string) => boolean {
  const [head = "", ...rest] = text.split("*");
  const tail = rest.pop();
  if (tail === undefined) return (value) => value === text;
  return (value) => {
    if (value.length < head.length + tail.length || !value.startsWith(head) || !value.endsWith(tail)) return false;
    const end = value.length - tail.length;
    let at = head.length;
    for (const part of rest) {
      const found = value.indexOf(part, at);
      if (found === -1 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}

/**
 * The same for a workflow's `path@ref`. Path and ref are matched each by itself, parted at the first `@`, so that no `*` reaches
 * from one into the other: whoever may push a branch chooses its name. Text without `@` is the path's, for any ref.
 */
export function createWorkflowPattern(text: string): (value: string) => boolean {
  const [path, ref] = partAtSign(text);
  const [matchesPath, matchesRef] = [createPattern(path), createPattern(ref ?? "*")];
  return (value) => {
    const [actualPath, actualRef] = partAtSign(value);
    return actualRef !== undefined && matchesPath(actualPath) && matchesRef(actualRef);
  };
}

function partAtSign(text: string): [path: string, ref?: string] {
  const at = text.indexOf("@");
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
