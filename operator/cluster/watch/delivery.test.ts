import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import type { KubeObject } from '../api/types.ts';
import type { Change } from './change.ts';
import { Delivery } from './delivery.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const change = (name: string, type: 'added' | 'deleted' = 'added'): Change<KubeObject> => ({
  type,
  object: { metadata: { name } },
});

interface Taking {
  readonly delivery: Delivery<KubeObject>;
  readonly taken: readonly string[];
  readonly logged: readonly string[];
  /** The handler throws for these objects. */
  readonly refusing: Set<string>;
}

function taking(): Taking {
  const taken: string[] = [];
  const logged: string[] = [];
  const refusing = new Set<string>();
  const handler = ({ type, object }: Change<KubeObject>): void => {
    if (refusing.has(object.metadata.name)) throw new Error('not now');
    taken.push(`${type} ${object.metadata.name}`);
  };
  const log = pino({}, { write: (line) => void logged.push(line) });
  return { delivery: new Delivery(handler, log), taken, logged, refusing };
}

describe('a change that makes the handler throw', () => {
  test('is reported and offered again until it is taken', () => {
    const { delivery, taken, logged, refusing } = taking();
    refusing.add('a');
    delivery.offer([change('a')]);
    jest.advanceTimersByTime(100);
    jest.advanceTimersByTime(200);
    expect(taken).toEqual([]);
    expect(logged).toHaveLength(3);
    expect(logged[0]).toContain('not now');
    refusing.clear();
    jest.advanceTimersByTime(400);
    expect(taken).toEqual(['added a']);
  });

  test('keeps its order with later ones of the same object, and holds up no other object', () => {
    const { delivery, taken, refusing } = taking();
    refusing.add('a');
    delivery.offer([change('a'), change('b')]);
    delivery.offer([change('a', 'deleted')]);
    expect(taken).toEqual(['added b']);
    refusing.clear();
    jest.advanceTimersByTime(100);
    expect(taken).toEqual(['added b', 'added a', 'deleted a']);
  });

  test('is no longer offered after a stop', () => {
    const { delivery, logged, refusing } = taking();
    refusing.add('a');
    delivery.offer([change('a')]);
    delivery.stop();
    jest.advanceTimersByTime(60_000);
    expect(logged).toHaveLength(1);
  });
});
