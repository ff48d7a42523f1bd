import { expect, test } from '@jest/globals';
import { Obstacles } from './obstacles.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): Date => new Date(START + seconds * 1000);
const full = { reason: 'ChildRefused', message: 'exceeded quota' };
const longest = (): number => 1;

test('each refusal doubles the wait, up to 30 s', () => {
  const obstacles = new Obstacles(longest);
  const waits = [1, 2, 4, 8, 16, 30, 30].map((expected) => {
    obstacles.meet('Pod', full, at(0));
    return [expected, (obstacles.nextRetryAt()?.getTime() ?? 0) - START];
  });
  for (const [seconds = 0, waitMs] of waits) expect(waitMs).toBe(seconds * 1000);
});

test('it is told since the first refusal, with the latest words', () => {
  const obstacles = new Obstacles(longest);
  obstacles.meet('Pod', full, at(0));
  obstacles.meet('Pod', { ...full, message: 'still full' }, at(5));
  expect(obstacles.current()).toEqual([{ reason: 'ChildRefused', message: 'still full', since: at(0) }]);
});

test('only what was refused waits, and only so long', () => {
  const obstacles = new Obstacles(longest);
  obstacles.meet('Pod', full, at(0));
  expect(obstacles.mustWait('Pod', at(0.9))).toBe(true);
  expect(obstacles.mustWait('Pod', at(1))).toBe(false);
  expect(obstacles.mustWait('Service', at(0))).toBe(false);
});

test('what went well is forgotten, its waits too', () => {
  const obstacles = new Obstacles(longest);
  for (let refusals = 0; refusals < 4; refusals += 1) obstacles.meet('Pod', full, at(0));
  obstacles.clear('Pod');
  expect(obstacles.current()).toEqual([]);
  expect(obstacles.nextRetryAt()).toBeUndefined();
  obstacles.meet('Pod', full, at(100));
  expect(obstacles.nextRetryAt()).toEqual(at(101));
});

test('waits differ by chance, by a fifth at most', () => {
  const obstacles = new Obstacles(() => 0);
  obstacles.meet('Pod', full, at(0));
  expect(obstacles.nextRetryAt()).toEqual(at(0.8));
});
