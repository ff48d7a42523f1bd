import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { runCell, type ExchangeRow } from './exchange-cell.ts';
import { ShapedNetwork, withShapedNetwork } from './shaped-network.ts';

jest.setTimeout(180_000);

const MEGABYTES = 24;
const MEGABITS = 800;

const describeOnShapedNetwork = shapedNetworksWork() ? describe : describe.skip;

/**
 * Much more than sockets and HTTP/2 windows hold goes both ways at once, over a link that is slower than both workers:
 * where bulk data of both directions shared a connection, Node would stop reading while its own write is pending, and
 * both would wait for ever.
 */
describeOnShapedNetwork('float32 in both directions at full load over a shaped link', () => {
  let row: ExchangeRow;
  beforeAll(async () => {
    const cell = { rate: `${MEGABITS}mbit`, size: `${MEGABYTES}MB`, megabytes: MEGABYTES, workers: 2 };
    row = await withShapedNetwork(cell.rate, cell.workers, (network) =>
      runCell({ ...cell, codec: 'float32', optimizer: 'sgd', tls: true, steps: 4 }, network),
    );
  });

  test('every step ends', () => {
    expect(row.allStepMs).toHaveLength(4);
  });

  test('the link limits both directions, and what it carried was counted', () => {
    expect(row.wireBytes).toBeGreaterThan(MEGABYTES * 1e6);
    expect(row.wireBytes).toBeLessThan(MEGABYTES * 1.1e6);
    const least = (row.wireBytes * 8) / (MEGABITS * 1e3);
    expect(row.stepMs.min).toBeGreaterThan(least * 0.95);
  });
});

/** Says why they do not, because tests are then skipped. */
function shapedNetworksWork(): boolean {
  try {
    new ShapedNetwork('1gbit').remove();
    return true;
  } catch (error) {
    console.warn(
      `links cannot be shaped here (needs root, ip and tc): ${String(error)}; their tests are skipped`,
    );
    return false;
  }
}
