import { afterEach, expect, test } from '@jest/globals';
import { Counter, Registry } from 'prom-client';
import { startReadOnlyServer, type ReadOnlyServer } from './read-only-server.ts';

let server: ReadOnlyServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(isReady: () => boolean): Promise<string> {
  const registry = new Registry();
  new Counter({ name: 'terngrad_steps_total', help: 'Confirmed steps', registers: [registry] }).inc(3);
  server = await startReadOnlyServer({ host: '127.0.0.1', port: 0, registry, isReady });
  return `http://127.0.0.1:${server.port}`;
}

test('readiness follows the membership, liveness does not', async () => {
  let ready = false;
  const url = await start(() => ready);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  ready = true;
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
});

test('metrics are served as Prometheus text', async () => {
  const url = await start(() => true);
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get('content-type')).toContain('text/plain');
  expect(await response.text()).toContain('terngrad_steps_total 3');
});

test.each(['POST', 'PUT', 'DELETE'])('%s changes nothing and is refused', async (method) => {
  const url = await start(() => true);
  const response = await fetch(`${url}/metrics`, { method });
  expect(response.status).toBe(404);
});

test('a taken port is named in the error', async () => {
  await start(() => true);
  const port = server?.port ?? 0;
  await expect(
    startReadOnlyServer({ host: '127.0.0.1', port, registry: new Registry(), isReady: () => true }),
  ).rejects.toThrow(`127.0.0.1:${port}`);
});
