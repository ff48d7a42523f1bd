import { describe, expect, test } from '@jest/globals';
import type { Resource } from '../api/types.ts';
import { Claimant } from './claimant.ts';
import type { Lease } from './lease.ts';
import { leaseServer } from './testing/lease-server.ts';
import type { LeaseClient, LeaseServer } from './testing/lease-server.ts';

interface Contender {
  readonly claimant: Claimant;
  readonly client: LeaseClient;
  /** Its own clocks. */
  readonly time: { monotonicMs: number; wallMs: number };
}

function contender(server: LeaseServer, identity: string): Contender {
  const client = server.client();
  const time = { monotonicMs: 0, wallMs: Date.UTC(2026, 0, 1) };
  const claimant = new Claimant({
    leases: client as unknown as Resource<Lease>,
    namespace: 'n',
    name: 'operator',
    identity,
    leaseDurationMs: 15_000,
    monotonicMs: () => time.monotonicMs,
    clock: () => new Date(time.wallMs),
  });
  return { claimant, client, time };
}

describe('a free lease', () => {
  test('is made by the first, with times of six digits', async () => {
    const server = leaseServer();
    const { claimant } = contender(server, 'a');
    expect(await claimant.claim()).toEqual({ held: true, sinceMs: 0 });
    expect(server.lease()?.spec).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
  });

  test('goes to exactly one of many that come at once', async () => {
    const server = leaseServer();
    const claims = Array.from({ length: 8 }, (_, index) => contender(server, `c${index}`).claimant.claim());
    const held = (await Promise.all(claims)).filter((claim) => claim.held);
    expect(held).toHaveLength(1);
  });
});

describe('the lease of another', () => {
  test('is taken when it has not changed for its duration, by the own clock', async () => {
    const server = leaseServer();
    await contender(server, 'a').claimant.claim();
    const { claimant, time } = contender(server, 'b');
    expect(await claimant.claim()).toEqual({ held: false, holder: 'a' });
    time.monotonicMs = 14_999;
    expect(await claimant.claim()).toEqual({ held: false, holder: 'a' });
    time.monotonicMs = 15_000;
    expect(await claimant.claim()).toEqual({ held: true, sinceMs: 15_000 });
    expect(server.lease()?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  test('is left alone as long as it is renewed', async () => {
    const server = leaseServer();
    const leader = contender(server, 'a');
    const { claimant, time } = contender(server, 'b');
    for (let round = 0; round < 5; round += 1) {
      await leader.claimant.claim();
      time.monotonicMs += 10_000;
      expect(await claimant.claim()).toEqual({ held: false, holder: 'a' });
    }
  });

  test.each([10 * 60_000, -10 * 60_000])(
    'is not taken early nor late when the clock is set by %i ms',
    async (jumpMs) => {
      const server = leaseServer();
      await contender(server, 'a').claimant.claim();
      const { claimant, time } = contender(server, 'b');
      await claimant.claim();
      time.wallMs += jumpMs;
      time.monotonicMs = 14_999;
      expect((await claimant.claim()).held).toBe(false);
      time.monotonicMs = 15_000;
      expect((await claimant.claim()).held).toBe(true);
    },
  );

  test('goes to exactly one of many when it has run out', async () => {
    const server = leaseServer();
    await contender(server, 'a').claimant.claim();
    const heirs = Array.from({ length: 5 }, (_, index) => contender(server, `heir${index}`));
    for (const { claimant, time } of heirs) {
      await claimant.claim();
      time.monotonicMs = 20_000;
    }
    const claims = await Promise.all(heirs.map(({ claimant }) => claimant.claim()));
    expect(claims.filter(({ held }) => held)).toHaveLength(1);
  });

  test('that was handed over is taken at once', async () => {
    const server = leaseServer();
    const leader = contender(server, 'a');
    await leader.claimant.claim();
    await leader.claimant.release();
    expect(server.lease()?.spec?.holderIdentity).toBeUndefined();
    expect(await contender(server, 'b').claimant.claim()).toMatchObject({ held: true });
  });

  test('is not handed over by one who no longer holds it', async () => {
    const server = leaseServer();
    const late = contender(server, 'late');
    await late.claimant.claim();
    await late.claimant.release();
    await contender(server, 'b').claimant.claim();
    await late.claimant.release();
    expect(server.lease()?.spec?.holderIdentity).toBe('b');
  });
});

describe('a renewal', () => {
  test('is one write, and keeps when the lease was taken', async () => {
    const server = leaseServer();
    const { claimant, time } = contender(server, 'a');
    await claimant.claim();
    time.wallMs += 2000;
    time.monotonicMs = 2000;
    expect(await claimant.claim()).toEqual({ held: true, sinceMs: 2000 });
    expect(server.calls).toEqual(['get', 'create', 'replace']);
    expect(server.lease()?.spec).toMatchObject({
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:02.000000Z',
      leaseTransitions: 0,
    });
  });

  test('after one whose answer got lost goes through at once', async () => {
    const server = leaseServer();
    const { claimant, client } = contender(server, 'a');
    await claimant.claim();
    client.way = 'deaf';
    await expect(claimant.claim()).rejects.toMatchObject({ code: 'API_UNREACHABLE' });
    client.way = 'open';
    expect(await claimant.claim()).toMatchObject({ held: true });
  });

  test('of a lease that was deleted makes it anew', async () => {
    const server = leaseServer();
    const { claimant } = contender(server, 'a');
    await claimant.claim();
    server.remove();
    expect(await claimant.claim()).toMatchObject({ held: true });
    expect(server.lease()?.spec?.holderIdentity).toBe('a');
  });

  test('of a lease that another took meanwhile tells who', async () => {
    const server = leaseServer();
    const old = contender(server, 'a');
    await old.claimant.claim();
    const heir = contender(server, 'b');
    await heir.claimant.claim();
    heir.time.monotonicMs = 20_000;
    await heir.claimant.claim();
    expect(await old.claimant.claim()).toEqual({ held: false, holder: 'b' });
  });
});
