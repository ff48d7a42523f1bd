import { isDeepStrictEqual } from 'node:util';

/** Where two things differ, for people; `undefined` where they do not. */
export function differenceOf(actual: unknown, expected: unknown, path = ''): string | undefined {
  if (isDeepStrictEqual(actual, expected)) return undefined;
  if (typeof actual !== 'object' || typeof expected !== 'object' || actual === null || expected === null) {
    return `${path} is ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`;
  }
  const [is, was] = [actual as Record<string, unknown>, expected as Record<string, unknown>];
  const names = [...new Set([...Object.keys(is), ...Object.keys(was)])];
  return names
    .map((name) => differenceOf(is[name], was[name], path === '' ? name : `${path}.${name}`))
    .filter((difference) => difference !== undefined)
    .join('; ');
}
