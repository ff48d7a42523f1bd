import { describe, expect, test } from '@jest/globals';
import { ExitCode } from '../../crds/exit-codes.ts';
import { abortToError, asExchangeError, errorToAbort } from './abort.ts';
import {
  BadFrameError,
  ExchangeClosedError,
  FencedError,
  HandshakeError,
  PeerFaultError,
  PeerLostError,
  ReplicaMismatchError,
} from './errors.ts';

const HASHES = [
  { rank: 0, hash: 'a' },
  { rank: 1, hash: 'b' },
];

describe('an error comes out of the wire as it went in', () => {
  test.each([
    new PeerLostError({ ranks: [2, 3], phase: 'pull', waitedMs: 1500, detail: 'the deadline passed' }),
    new ReplicaMismatchError(9, HASHES, [1]),
    new ReplicaMismatchError(9, HASHES, []),
    new PeerFaultError({ rank: 2, reason: 'program', step: 5, message: 'it threw' }, 0),
    new BadFrameError(2, 'crc', '0x1 stated, 0x2 computed'),
    new HandshakeError('signature', 'they differ'),
  ])('$name', (error) => {
    const received = abortToError(errorToAbort(error, 1), 0);
    expect(received).toEqual(error);
    expect(Object.entries(received)).toEqual(Object.entries(error));
  });
});

test('only the fenced process is fenced; the others lost its old attempt', () => {
  const abort = errorToAbort(new FencedError(2, 1, 'attempt 2 has started'), 0);
  expect(abortToError(abort, 2)).toBeInstanceOf(FencedError);
  expect(abortToError(abort, 1)).toMatchObject({ code: 'PEER_LOST', rank: 2 });
});

test('a member that closes is lost to the others', () => {
  const abort = errorToAbort(new ExchangeClosedError('close was called'), 3);
  expect(abortToError(abort, 1)).toMatchObject({ code: 'PEER_LOST', rank: 3, exitCode: ExitCode.peerLost });
});

test('words that a newer version may use do not crash an older one', () => {
  const abort = {
    code: 'NEW',
    ranks: [1],
    detail: 'x',
    message: 'm',
    step: 1,
    waitedMs: 0,
    hashes: [],
    attempt: 0,
    final: false,
  };
  expect(abortToError(abort, 0)).toMatchObject({ code: 'PEER_FAULT', reason: 'internal', rank: 1 });
  expect(abortToError({ ...abort, code: 'PEER_LOST' }, 0)).toMatchObject({ phase: 'barrier' });
  expect(abortToError({ ...abort, code: 'PEER_FAULT' }, 0)).toMatchObject({ reason: 'internal' });
});

test('whatever else is thrown is our own defect, with its cause', () => {
  const cause = new TypeError('x is not a function');
  expect(asExchangeError(cause, 4, 7)).toMatchObject({
    rank: 4,
    step: 7,
    exitCode: ExitCode.internal,
    cause,
  });
  expect(asExchangeError('text', 4, 7)).toMatchObject({ detail: 'text' });
});
