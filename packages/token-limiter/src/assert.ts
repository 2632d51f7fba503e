/** @throws TypeError if `value` is not an integer from 1 to `max`. */
export function assertPositiveInteger(what: string, value: unknown, max: number = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > max) {
    throw new TypeError(`${what} must be a positive integer of at most ${max}`);
  }
}

/** Structured fields carry integers of at most 15 digits (RFC 9651, section 3.3.1). */
const MAX_LIMIT = 999_999_999_999_999;

/** @throws TypeError if a limit's name, units or window are not as documented. */
export function assertLimitOptions(kind: string, options: { name: string; limit: number; windowMs?: number }): void {
  if (typeof options.name !== "string" || !/^[A-Za-z][\w.:-]{0,63}$/.test(options.name)) {
    throw new TypeError(`${kind}: name must be a letter and up to 63 letters, digits, "_", ".", ":" or "-"`);
  }
  // States are kept by name in plain objects.
  if (options.name in {}) throw new TypeError(`${kind}: name must not be a property of every object`);
  assertPositiveInteger(`${kind}: limit`, options.limit, MAX_LIMIT);
  if (options.windowMs !== undefined) assertPositiveInteger(`${kind}: windowMs`, options.windowMs);
}
