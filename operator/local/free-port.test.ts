import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { LOOPBACK, portForRank0 } from './free-port.ts';

test('a free port is one that nobody is given who connects', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => portForRank0()));
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(32_768);
  }
  expect(new Set(ports).size).toBeGreaterThan(40);
});

test('a wished port is taken as it is, or refused', async () => {
  const port = await portForRank0();
  expect(await portForRank0(port)).toBe(port);
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(port, LOOPBACK, resolve));
  await expect(portForRank0(port)).rejects.toThrow(
    /port \d+ on 127\.0\.0\.1 cannot be used for rank 0 \(EADDRINUSE\)/,
  );
  await new Promise((resolve) => other.close(resolve));
});
