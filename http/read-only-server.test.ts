import { afterEach, expect, test } from '@jest/globals';
import { Counter, Registry } from 'prom-client';
import type { ReadOnlyServer } from './read-only-server.ts';
import { startReadOnlyServer } from './read-only-server.ts';

let server: ReadOnlyServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

let sickness: string | undefined;
let waitsFor: string | undefined;

async function start(): Promise<string> {
  const registry = new Registry();
  new Counter({ name: 'looks_total', help: 'Looks', registers: [registry] }).inc(3);
  server = await startReadOnlyServer({
    address: { host: '127.0.0.1', port: 0 },
    addressSource: '--http-address',
    registry,
    sickness: () => sickness,
    waitsFor: () => waitsFor,
  });
  return `http://127.0.0.1:${server.port}`;
}

test('each probe says what is wrong, and nothing else fails with it', async () => {
  const url = await start();
  waitsFor = 'waiting for the first list of pods';
  const notReady = await fetch(`${url}/readyz`);
  expect(notReady.status).toBe(503);
  expect(await notReady.text()).toBe('waiting for the first list of pods\n');
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  waitsFor = undefined;
  sickness = 'the work on default/a lasts 601 s';
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect((await fetch(`${url}/healthz`)).status).toBe(503);
  sickness = undefined;
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

test('metrics are served as Prometheus text', async () => {
  const response = await fetch(`${await start()}/metrics`);
  expect(response.headers.get('content-type')).toContain('text/plain');
  expect(await response.text()).toContain('looks_total 3');
});

test.each(['POST', 'PUT', 'DELETE'])('%s changes nothing and is refused', async (method) => {
  expect((await fetch(`${await start()}/metrics`, { method })).status).toBe(404);
});

test('a taken address is named, with what sets it', async () => {
  await start();
  const address = { host: '127.0.0.1', port: server?.port ?? 0 };
  const second = startReadOnlyServer({
    address,
    addressSource: '--http-address',
    registry: new Registry(),
    sickness: () => undefined,
    waitsFor: () => undefined,
  });
  await expect(second).rejects.toThrow(`--http-address 127.0.0.1:${address.port}`);
});
