import { expect, test } from '@jest/globals';
import { EVERY_HOST, formatAddress, InvalidAddressError, parseAddress } from './address.ts';

test.each([
  ['127.0.0.1:7000', { host: '127.0.0.1', port: 7000 }],
  ['job-worker-0.ns.svc:0', { host: 'job-worker-0.ns.svc', port: 0 }],
  ['[::1]:65535', { host: '::1', port: 65535 }],
  ['*:7443', { host: EVERY_HOST, port: 7443 }],
])('%s is read, and written as it was', (text, address) => {
  expect(parseAddress(text)).toEqual(address);
  expect(formatAddress(address)).toBe(text);
});

test.each([
  '',
  'host',
  'host:',
  ':80',
  '::1:80',
  'host:65536',
  'host:-1',
  'host:80x',
  'ho st:80',
  '[host]:80',
  '**:80',
])('"%s" is refused', (text) => {
  expect(() => parseAddress(text)).toThrow(InvalidAddressError);
});
