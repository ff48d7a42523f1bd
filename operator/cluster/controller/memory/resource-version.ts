/**
 * Whether one resourceVersion is at least as new as the other. They are decimal numbers of one etcd, which may be
 * longer than a double holds; so they are compared as strings of digits.
 */
export function isAtLeast(one: string | undefined, other: string | undefined): boolean {
  const a = one ?? '';
  const b = other ?? '';
  return a.length === b.length ? a >= b : a.length > b.length;
}
