import { freePort } from '../../trainer/exchange/testing/free-port.ts';

/** TCP ports of the loopback address that nobody listens on, all different. Another process may take one meanwhile. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
