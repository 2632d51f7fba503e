/**
 * What a remembered token takes, bytes, from above: measured on V8 with claims of every shape. Per token for what holds it; per
 * character for the token's own text and for its claims, which are shorter but may be stored with two bytes a character; per
 * member for the slot and what is around a text; per object within for its shape, which it may share with no other.
 */
export function estimateBytes(token: string, { members, objects }: { members: number; objects: number }): number {
  return 512 + Math.ceil(2.5 * token.length) + 40 * members + 280 * objects;
}
