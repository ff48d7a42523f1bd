import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KubeObject } from '../api/types.ts';
import type { Change } from './change.ts';
import { IndexedStore, keyOf } from './indexed-store.ts';

const byOwner = ({ metadata }: KubeObject): string | undefined => metadata.labels?.['owner'];

function object(name: string, version: string, uid = `${name}-1`, owner?: string): KubeObject {
  const labels = owner === undefined ? {} : { labels: { owner } };
  return { metadata: { name, namespace: 'n', uid, resourceVersion: version, ...labels } };
}

function told(changes: readonly Change<KubeObject>[]): readonly string[] {
  return changes.map(
    ({ type, object: { metadata } }) => `${type} ${metadata.uid}@${metadata.resourceVersion}`,
  );
}

describe('a put', () => {
  test.each([
    ['a new object is added', undefined, object('a', '1'), ['added a-1@1']],
    ['a newer state is an update', object('a', '1'), object('a', '2'), ['updated a-1@2']],
    ['the same state is nothing', object('a', '1'), object('a', '1'), []],
    [
      'another UID is a deletion and a creation',
      object('a', '1', 'old'),
      object('a', '2', 'new'),
      ['deleted old@1', 'added new@2'],
    ],
  ])('%s', (_title, before, now, changes) => {
    const store = new IndexedStore(byOwner);
    if (before !== undefined) store.put(before);
    expect(told(store.put(now))).toEqual(changes);
    expect(store.get('n/a')).toBe(now);
  });

  test('an update tells the state before', () => {
    const store = new IndexedStore(byOwner);
    const before = object('a', '1');
    store.put(before);
    expect(store.put(object('a', '2'))).toMatchObject([{ type: 'updated', previous: before }]);
  });
});

describe('a removal', () => {
  test('tells the last state', () => {
    const store = new IndexedStore(byOwner);
    store.put(object('a', '1'));
    expect(told(store.remove(object('a', '5')))).toEqual(['deleted a-1@5']);
    expect(store.list()).toEqual([]);
  });

  test('of an older object leaves the newer one alone', () => {
    const store = new IndexedStore(byOwner);
    store.put(object('a', '4', 'new'));
    expect(store.remove(object('a', '3', 'old'))).toEqual([]);
    expect(store.get('n/a')).toBeDefined();
  });
});

describe('the index', () => {
  test('follows an object that changes its value', () => {
    const store = new IndexedStore(byOwner);
    store.put(object('a', '1', 'u', 'x'));
    store.put(object('b', '1', 'v', 'x'));
    store.put(object('a', '2', 'u', 'y'));
    expect(store.byIndex('x').map(keyOf)).toEqual(['n/b']);
    expect(store.byIndex('y').map(keyOf)).toEqual(['n/a']);
    store.remove(object('a', '3', 'u', 'y'));
    expect(store.byIndex('y')).toEqual([]);
  });

  test('leaves out what has no value', () => {
    const store = new IndexedStore(byOwner);
    store.put(object('a', '1'));
    expect(store.byIndex('undefined')).toEqual([]);
  });
});

test('replacing one namespace leaves the others alone', () => {
  const store = new IndexedStore(byOwner);
  const elsewhere: KubeObject = {
    metadata: { name: 'a', namespace: 'other', uid: 'o', resourceVersion: '1' },
  };
  for (const known of [object('gone', '1'), object('same', '1'), object('old', '1'), elsewhere])
    store.put(known);
  const changes = store.replace('n', [object('same', '1'), object('old', '2'), object('new', '3')]);
  expect(told(changes)).toEqual(['deleted gone-1@1', 'updated old-1@2', 'added new-1@3']);
  expect(store.list().map(keyOf).sort()).toEqual(['n/new', 'n/old', 'n/same', 'other/a']);
});

test('whoever applies the told changes has what the store has, whatever happens', () => {
  const anyObject = fc
    .tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(3), fc.nat(2), fc.constantFrom('x', 'y', undefined))
    .map(([name, version, uid, owner]) => object(name, String(version), `${name}-${uid}`, owner));
  const step = fc.oneof(
    fc.record({ put: anyObject }),
    fc.record({ remove: anyObject }),
    fc.record({ replace: fc.uniqueArray(anyObject, { selector: keyOf }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const store = new IndexedStore(byOwner);
      const copy = new Map<string, string | undefined>();
      for (const each of steps) {
        const changes =
          'put' in each
            ? store.put(each.put)
            : 'remove' in each
              ? store.remove(each.remove)
              : store.replace('n', each.replace);
        for (const { type, object: changed } of changes) {
          if (type === 'deleted') expect(copy.delete(keyOf(changed))).toBe(true);
          else copy.set(keyOf(changed), changed.metadata.uid);
        }
        expect(copy).toEqual(new Map(store.list().map((kept) => [keyOf(kept), kept.metadata.uid])));
        for (const owner of ['x', 'y']) {
          const wanted = store.list().filter((kept) => byOwner(kept) === owner);
          expect(new Set(store.byIndex(owner))).toEqual(new Set(wanted));
        }
      }
    }),
    { numRuns: 300 },
  );
});
