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
