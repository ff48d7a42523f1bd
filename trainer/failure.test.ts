import { expect, test } from '@jest/globals';
import { ExitCode } from '../crds/index.ts';
import { CarriedFailureError, failureOf } from './failure.ts';

function errorWithCode(code: string, cause?: unknown): Error {
  return Object.assign(new Error(`failed with ${code}`, { cause }), { code });
}

test.each([
  ['BAD_DATA', ExitCode.badData, 'BadData'],
  ['PEER_LOST', ExitCode.peerLost, 'PeerLost'],
  ['EADDRINUSE', ExitCode.badConfiguration, 'PortTaken'],
  ['LOSS_NOT_FINITE', ExitCode.programFailed, 'LossNotFinite'],
  ['FENCED', ExitCode.fenced, 'Fenced'],
])('%s ends with its fixed exit code', (code, exitCode, reason) => {
  expect(failureOf(errorWithCode(code))).toMatchObject({ exitCode, reason });
});

test('the cause of a wrapped error decides', () => {
  const wrapped = new Error('cannot listen', { cause: errorWithCode('EADDRINUSE') });
  expect(failureOf(wrapped)).toMatchObject({ exitCode: ExitCode.badConfiguration, message: 'cannot listen' });
});

test.each([new TypeError('x is undefined'), 'a string', undefined, errorWithCode('ENOENT')])(
  'an unknown error is our own defect: %p',
  (error) => {
    expect(failureOf(error)).toMatchObject({ exitCode: ExitCode.internal, reason: 'InternalError' });
  },
);

test('a failure that crossed a thread keeps its exit code', () => {
  const failure = { exitCode: ExitCode.badData, reason: 'BadData', message: 'truncated', stack: undefined };
  expect(failureOf(new CarriedFailureError(failure))).toBe(failure);
});
