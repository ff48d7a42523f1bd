/**
 * Whether `actual` holds all that `wanted` says. The API server adds defaults, so equality would never come true;
 * lists are compared item by item, as ours have none that the server extends.
 */
export function covers(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((item, index) => covers(actual[index], item))
    );
  }
  if (typeof wanted !== 'object' || wanted === null) return actual === wanted;
  if (typeof actual !== 'object' || actual === null) {
    // The server leaves out an empty map.
    return actual === undefined && Object.keys(wanted).length === 0;
  }
  return Object.entries(wanted).every(([name, value]) =>
    covers((actual as Record<string, unknown>)[name], value),
  );
}
