import { expect, test } from '@jest/globals';
import type { KubeObject, Store } from '../../api/types.ts';
import { OwnWrites } from './own-writes.ts';

const NOW = new Date('2026-01-01T00:00:00Z');

function pod(name: string, resourceVersion: string, uid = `uid-of-${name}`): KubeObject {
  return { metadata: { namespace: 'default', name, uid, resourceVersion } };
}

function storeOf(...objects: readonly KubeObject[]): Store<KubeObject> {
  return {
    get: (key) => objects.find(({ metadata }) => `${metadata.namespace}/${metadata.name}` === key),
    byIndex: () => objects,
    list: () => objects,
  };
}

const names = (objects: readonly KubeObject[]): readonly string[] =>
  objects.map(({ metadata }) => metadata.name);

test('a created object exists before the watch shows it', () => {
  const own = new OwnWrites<KubeObject>();
  own.recordWritten(pod('b', '7'), NOW);
  expect(names(own.list(storeOf(pod('a', '5')), 'job'))).toEqual(['a', 'b']);
  expect(own.get(storeOf(), 'default/b')?.metadata.resourceVersion).toBe('7');
});

test('what the watch shows counts once it is as new as our write, and never again before it', () => {
  const own = new OwnWrites<KubeObject>();
  own.recordWritten(pod('a', '10'), NOW);
  expect(own.get(storeOf(pod('a', '9')), 'default/a')?.metadata.resourceVersion).toBe('10');
  expect(own.get(storeOf(pod('a', '11')), 'default/a')?.metadata.resourceVersion).toBe('11');
  expect(own.get(storeOf(), 'default/a')).toBeUndefined();
});

test('an object that the watch showed as deleted is gone, its namesake is not', () => {
  const own = new OwnWrites<KubeObject>();
  own.recordWritten(pod('a', '10', 'new'), NOW);
  own.recordGone(pod('a', '9', 'old'));
  expect(names(own.list(storeOf(), 'job'))).toEqual(['a']);
  own.recordGone(pod('a', '10', 'new'));
  expect(own.list(storeOf(), 'job')).toEqual([]);
});

test('a deletion is known before the watch shows it, and forgotten when the object is gone', () => {
  const own = new OwnWrites<KubeObject>();
  const victim = pod('a', '5');
  own.recordDeleted(victim);
  expect(own.isDeleted(victim)).toBe(true);
  own.list(storeOf(victim), 'job');
  expect(own.isDeleted(victim)).toBe(true);
  own.list(storeOf(), 'job');
  expect(own.isDeleted(victim)).toBe(false);
});

test('what the watch does not show for long is named, so that the server can be asked', () => {
  const own = new OwnWrites<KubeObject>();
  own.recordWritten(pod('a', '5'), NOW);
  expect(own.unconfirmed(new Date(NOW.getTime() - 1))).toEqual([]);
  expect(names(own.unconfirmed(NOW))).toEqual(['a']);
});
