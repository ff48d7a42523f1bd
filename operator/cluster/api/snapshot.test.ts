import { describe, expect, test } from '@jest/globals';
import { ApiError } from './errors.ts';
import { takeSnapshot } from './snapshot.ts';

const expired = new ApiError({ status: 410, reason: 'Expired', message: 'too old' });
const page = (names: readonly string[], next?: string): object => ({
  items: names.map((name) => ({ metadata: { name } })),
  metadata: { resourceVersion: '7', ...(next === undefined ? {} : { continue: next }) },
});

/** Gives its answers in turn and keeps which continue tokens were asked for. */
function pages(...answers: readonly (object | Error)[]): { tokens: (string | undefined)[]; read: ReadPage } {
  const tokens: (string | undefined)[] = [];
  const read: ReadPage = async (_limit, token) => {
    const answer = answers[tokens.length];
    tokens.push(token);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { tokens, read };
}
type ReadPage = (limit: string, token: string | undefined) => Promise<unknown>;

describe('a snapshot', () => {
  test('joins all pages', async () => {
    const { tokens, read } = pages(page(['a', 'b'], 't1'), page(['c'], 't2'), page([]));
    const { items, resourceVersion } = await takeSnapshot(read);
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
    expect(resourceVersion).toBe('7');
    expect(tokens).toEqual([undefined, 't1', 't2']);
  });

  test('of nothing may have null for items', async () => {
    const { read } = pages({ items: null, metadata: { resourceVersion: '3' } });
    expect(await takeSnapshot(read)).toEqual({ items: [], resourceVersion: '3' });
  });

  test('that expires under way starts afresh and mixes nothing', async () => {
    const { tokens, read } = pages(page(['old'], 't1'), expired, page(['new']));
    const { items } = await takeSnapshot(read);
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['new']);
    expect(tokens).toEqual([undefined, 't1', undefined]);
  });

  test('that always expires is given up', async () => {
    const { tokens, read } = pages(...Array.from({ length: 9 }, () => expired));
    await expect(takeSnapshot(read)).rejects.toBe(expired);
    expect(tokens).toHaveLength(4);
  });
});
