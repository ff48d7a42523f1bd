import { describe, expect, test } from '@jest/globals';
import { emptyHeader, FRAME_HEADER_BYTES, FrameError, FrameKind, writeFrame } from '../wire/frame.ts';
import type { FrameHeader } from '../wire/frame.ts';
import { ChunkExchange, HOLD } from './chunk-exchange.ts';
import type { FrameSender } from './chunk-exchange.ts';
import { contributionOf, expectedSums, FloatStore } from './testing/float-store.ts';

const SIZES = [80, 160, 3, 80];
const STEP = 7;
const GENERATION = 5;
const ATTEMPT = 2;

/** Members that speak to each other through arrays instead of streams. */
class Ring {
  readonly stores: FloatStore[];
  readonly members: ChunkExchange[];
  readonly stagedBy = new Set<number>();
  /** Frames on their way, as [from, to, message]. */
  readonly inFlight: [number, number, Buffer][] = [];

  constructor(count: number, ahead = false) {
    this.stores = Array.from({ length: count }, (_, index) => new FloatStore(SIZES, count, index));
    this.members = this.stores.map(
      (_, selfIndex) =>
        new ChunkExchange({
          members: count,
          selfIndex,
          selfRank: selfIndex,
          selfAttempt: ATTEMPT,
          generation: GENERATION,
          firstStep: STEP,
          ahead,
          send: (to, kind, chunk) => this.inFlight.push([selfIndex, to, this.frame(selfIndex, kind, chunk)]),
          onStaged: () => this.stagedBy.add(selfIndex),
        }),
    );
  }

  /** What a member would send. */
  frame(from: number, kind: FrameKind, chunk: number, change: Partial<FrameHeader> = {}): Buffer {
    const header = emptyHeader();
    const payload = this.members[from]?.fill(kind, chunk, header) ?? new Uint8Array(0);
    const out = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
    writeFrame(out, 0, Object.assign(header, change), payload);
    return out;
  }

  begin(...indexes: number[]): void {
    for (const index of indexes) {
      this.members[index]?.awaitStep(STEP);
      this.stores[index]?.fill(STEP);
      this.members[index]?.begin(STEP, this.stores[index] ?? new FloatStore([], 1, 0));
    }
  }

  encodeAll(...indexes: number[]): void {
    for (const index of indexes) SIZES.forEach((_, c) => this.members[index]?.encoded(c));
  }

  deliver(): void {
    for (let next = this.inFlight.shift(); next !== undefined; next = this.inFlight.shift()) {
      const [from, to, message] = next;
      expect(this.members[to]?.receive(sender(from), message, 0)).toBe(message.length);
    }
  }
}

function sender(memberIndex: number): FrameSender {
  return { memberIndex, rank: memberIndex, attempt: ATTEMPT };
}

function fieldOf(receive: () => unknown): string {
  try {
    return `returned ${String(receive())}`;
  } catch (error) {
    if (error instanceof FrameError) return error.field;
    throw error;
  }
}

test.each([1, 2, 3, 4])('%i members stage the sums in member order', (count) => {
  const ring = new Ring(count);
  const all = ring.members.map((_, index) => index);
  ring.begin(...all);
  ring.encodeAll(...all);
  ring.deliver();
  expect([...ring.stagedBy].sort((a, b) => a - b)).toEqual(all);
  const expected = expectedSums(STEP, count, SIZES);
  for (const store of ring.stores) expect(store.sums).toEqual(expected);
});

test('each owned chunk is summed exactly once, whatever the order of arrival', () => {
  const ring = new Ring(3);
  ring.begin(0, 1, 2);
  ring.encodeAll(2, 0, 1);
  ring.inFlight.reverse();
  ring.deliver();
  expect(ring.stores.map(({ reductions }) => reductions)).toEqual([
    [1, 0, 0, 1],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
  ]);
});

test('a contribution to the awaited step is held until the step is begun', () => {
  const ring = new Ring(2);
  ring.begin(0);
  ring.encodeAll(0);
  const early = ring.inFlight.splice(0);
  const member = ring.members[1];
  member?.awaitStep(STEP);
  for (const [from, , message] of early) expect(member?.receive(sender(from), message, 0)).toBe(HOLD);
  ring.stores[1]?.fill(STEP);
  member?.begin(STEP, ring.stores[1] ?? new FloatStore([], 1, 0));
  ring.inFlight.push(...early);
  ring.encodeAll(1);
  ring.deliver();
  expect(ring.stores[1]?.sums).toEqual(expectedSums(STEP, 2, SIZES));
});

test('ahead of the barrier, a contribution to the next step is held while this one runs, and after it', () => {
  const ring = new Ring(2, true);
  ring.begin(0, 1);
  const [sender0, member] = [sender(0), ring.members[1]];
  const next = ring.frame(0, FrameKind.push, 1, { step: STEP + 1 });
  expect(member?.receive(sender0, next, 0)).toBe(HOLD);
  ring.encodeAll(0, 1);
  ring.deliver();
  expect(ring.stagedBy).toContain(1);
  expect(member?.receive(sender0, next, 0)).toBe(HOLD);
  // One that is further away, or a sum, cannot come from who waits for this member.
  const further = ring.frame(0, FrameKind.push, 1, { step: STEP + 2 });
  expect(fieldOf(() => member?.receive(sender0, further, 0))).toBe('step');
  const sum = ring.frame(0, FrameKind.pull, 0, { step: STEP + 1 });
  expect(fieldOf(() => member?.receive(sender0, sum, 0))).toBe('step');
});

test('ahead of the barrier, the first step of a generation is expected from the start', () => {
  const ring = new Ring(2, true);
  ring.begin(0);
  const first = ring.frame(0, FrameKind.push, 1);
  expect(ring.members[1]?.receive(sender(0), first, 0)).toBe(HOLD);
});

test('several frames of one message are taken one after the other', () => {
  const ring = new Ring(2);
  ring.begin(0, 1);
  const message = Buffer.concat([ring.frame(0, FrameKind.push, 1), ring.frame(0, FrameKind.push, 3)]);
  const next = ring.members[1]?.receive(sender(0), message, 0) ?? -2;
  expect(next).toBe(FRAME_HEADER_BYTES + 640);
  expect(ring.members[1]?.receive(sender(0), message, next)).toBe(message.length);
});

describe('a frame is refused, names its field, and leaves no trace', () => {
  const other = (value: number): number => value + 1;
  test.each<[string, keyof FrameHeader, number]>([
    ['kind', 'kind', 3],
    ['codec', 'codec', other(3)],
    ['rank', 'rank', 1],
    ['generation (older)', 'generation', GENERATION - 1],
    ['generation (newer)', 'generation', GENERATION + 1],
    ['attempt', 'attempt', ATTEMPT - 1],
    ['step (replayed)', 'step', STEP - 1],
    ['step (ahead)', 'step', STEP + 1],
    ['chunk (outside)', 'chunk', SIZES.length],
    ['chunk (not summed here)', 'chunk', 0],
    ['flat offset', 'flatOffset', 0],
    ['values', 'values', 159],
  ])('%s', (_what, field, value) => {
    const ring = new Ring(2);
    ring.begin(0, 1);
    const message = ring.frame(0, FrameKind.push, 1, { [field]: value });
    expect(fieldOf(() => ring.members[1]?.receive(sender(0), message, 0))).toBe(field);
    // The right one is still taken, so nothing of the wrong one was.
    ring.encodeAll(0, 1);
    ring.deliver();
    expect(ring.stores[1]?.sums).toEqual(expectedSums(STEP, 2, SIZES));
  });

  test('a payload that is shorter than the chunk', () => {
    const ring = new Ring(2);
    ring.begin(0, 1);
    const header = emptyHeader();
    const payload = ring.members[0]?.fill(FrameKind.push, 1, header).subarray(0, 636) ?? new Uint8Array(0);
    const message = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
    writeFrame(message, 0, { ...header, payloadBytes: payload.length }, payload);
    expect(fieldOf(() => ring.members[1]?.receive(sender(0), message, 0))).toBe('payloadBytes');
  });

  test('any header byte flipped', () => {
    const ring = new Ring(2);
    ring.begin(0, 1);
    const good = ring.frame(0, FrameKind.push, 1);
    for (let at = 0; at < FRAME_HEADER_BYTES; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const bad = Buffer.from(good);
        bad[at] = (bad[at] ?? 0) ^ flip;
        expect(() => ring.members[1]?.receive(sender(0), bad, 0)).toThrow(FrameError);
      }
    }
    expect(ring.stores[1]?.contribution(1, 0).every((byte) => byte === 0)).toBe(true);
  });

  test('any payload byte flipped', () => {
    const ring = new Ring(2);
    ring.begin(0, 1);
    const bad = ring.frame(0, FrameKind.push, 1);
    bad[FRAME_HEADER_BYTES + 100] = (bad[FRAME_HEADER_BYTES + 100] ?? 0) ^ 4;
    expect(fieldOf(() => ring.members[1]?.receive(sender(0), bad, 0))).toBe('payloadDigest');
    // It lies where the right one belongs, but does not count.
    ring.encodeAll(0, 1);
    ring.deliver();
    expect(ring.stores[1]?.sums).toEqual(expectedSums(STEP, 2, SIZES));
  });

  test('a contribution that came already, even with the same bytes', () => {
    const ring = new Ring(3);
    ring.begin(0, 1, 2);
    const message = ring.frame(0, FrameKind.push, 1);
    expect(ring.members[1]?.receive(sender(0), message, 0)).toBe(message.length);
    expect(fieldOf(() => ring.members[1]?.receive(sender(0), message, 0))).toBe('chunk');
  });

  test('a contribution replayed after the step', () => {
    const ring = new Ring(2);
    ring.begin(0, 1);
    const replayed = ring.frame(0, FrameKind.push, 1);
    ring.encodeAll(0, 1);
    ring.deliver();
    expect(fieldOf(() => ring.members[1]?.receive(sender(0), replayed, 0))).toBe('step');
    ring.members[1]?.awaitStep(STEP + 1);
    expect(fieldOf(() => ring.members[1]?.receive(sender(0), replayed, 0))).toBe('step');
  });

  test('a sum before this member contributed, a second sum, and a sum from who is not the owner', () => {
    const ring = new Ring(3);
    ring.begin(0, 1, 2);
    const sum = ring.frame(0, FrameKind.pull, 0);
    expect(fieldOf(() => ring.members[1]?.receive(sender(0), sum, 0))).toBe('chunk');
    ring.encodeAll(0, 1, 2);
    const foreign = ring.frame(2, FrameKind.pull, 0);
    expect(fieldOf(() => ring.members[1]?.receive(sender(2), foreign, 0))).toBe('chunk');
    expect(ring.members[1]?.receive(sender(0), sum, 0)).toBe(sum.length);
    expect(fieldOf(() => ring.members[1]?.receive(sender(0), sum, 0))).toBe('chunk');
  });

  test('a sum while only the barrier is awaited', () => {
    const ring = new Ring(2);
    ring.begin(0);
    ring.members[1]?.awaitStep(STEP);
    const sum = ring.frame(0, FrameKind.pull, 0);
    expect(fieldOf(() => ring.members[1]?.receive(sender(0), sum, 0))).toBe('kind');
  });
});

describe('whom a step waits for', () => {
  test('itself, until everything is encoded', () => {
    const ring = new Ring(3);
    ring.begin(0, 1, 2);
    ring.members[0]?.encoded(0);
    expect(ring.members[0]?.missing()).toEqual({ phase: 'encode', memberIndexes: [0] });
  });

  test('contributors before owners: an owner that lacks a contribution is not to blame', () => {
    const ring = new Ring(3);
    ring.begin(0, 1, 2);
    ring.encodeAll(0, 1);
    ring.deliver();
    expect(ring.members[0]?.missing()).toEqual({ phase: 'push', memberIndexes: [2] });
    expect(ring.members[1]?.missing()).toEqual({ phase: 'push', memberIndexes: [2] });
  });

  test('the owners whose sums are missing, when every contribution is here', () => {
    const ring = new Ring(2);
    ring.begin(0, 1);
    ring.encodeAll(0, 1);
    const toZero = ring.inFlight.filter(([, to]) => to === 0);
    for (const [from, to, message] of toZero) ring.members[to]?.receive(sender(from), message, 0);
    expect(ring.members[0]?.missing()).toEqual({ phase: 'pull', memberIndexes: [1] });
  });
});

describe('misuse by the caller', () => {
  test('a step without its barrier, a chunk encoded twice, a chunk of no step', () => {
    const ring = new Ring(2);
    const [member] = ring.members;
    const [store] = ring.stores;
    if (member === undefined || store === undefined) throw new Error('no member');
    expect(() => member.begin(STEP, store)).toThrow('without its barrier');
    expect(() => member.encoded(0)).toThrow('not of a running step');
    ring.begin(0);
    member.encoded(0);
    expect(() => member.encoded(0)).toThrow('encoded twice');
    expect(() => member.encoded(99)).toThrow('not of a running step');
    expect(() => member.awaitStep(STEP + 1)).toThrow('still running');
  });
});

test('float sums depend on the order, so equal bits mean the same order', () => {
  const parts = [0, 1, 2].map((m) => contributionOf(STEP, m, 0, 80));
  const backwards = new Float32Array(80);
  for (const part of parts.toReversed())
    part.forEach((value, i) => (backwards[i] = (backwards[i] ?? 0) + value));
  expect(backwards).not.toEqual(expectedSums(STEP, 3, [80])[0]);
});
