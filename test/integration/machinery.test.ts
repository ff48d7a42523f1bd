import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { pino } from 'pino';
import { connectToApiServer } from '../../operator/cluster/api/connect.ts';
import type { ApiCall } from '../../operator/cluster/api/exchange.ts';
import type { KubeObject, WatchableApiServer } from '../../operator/cluster/api/types.ts';
import { EVENTS } from '../../operator/cluster/events/event-object.ts';
import type { EventObject } from '../../operator/cluster/events/event-object.ts';
import { createEventRecorder } from '../../operator/cluster/events/recorder.ts';
import { createLeaderElection } from '../../operator/cluster/lease/leader-election.ts';
import type { LeaderElection } from '../../operator/cluster/lease/leader-election.ts';
import { LEASES } from '../../operator/cluster/lease/lease.ts';
import type { Lease } from '../../operator/cluster/lease/lease.ts';
import { createReflector } from '../../operator/cluster/watch/reflector.ts';
import type { Reflector } from '../../operator/cluster/watch/reflector.ts';
import { startApiServer } from './api-server.ts';
import type { RunningApiServer } from './api-server.ts';
import { describeOnApiServer, START_LIMIT_MS } from './suite.ts';

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const CONFIG_MAPS = { group: '', version: 'v1', plural: 'configmaps' };
const NAMESPACES = { group: '', version: 'v1', plural: 'namespaces' };
const log = pino({ level: 'silent' });

function configMap(
  name: string,
  data: Record<string, string> = {},
  labels: Record<string, string> = {},
): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadlineMs) throw new Error('it did not come to that within 30 s');
    await pause(20);
  }
}

describeOnApiServer('On a real API server', () => {
  let server: RunningApiServer;
  let api: WatchableApiServer;
  const calls: ApiCall[] = [];
  const connect = (onCall: (call: ApiCall) => void = () => {}): WatchableApiServer => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(server.kubeconfig);
    return connectToApiServer({ kubeConfig, onCall });
  };

  beforeAll(async () => {
    server = await startApiServer();
    api = connect((call) => void calls.push(call));
  }, START_LIMIT_MS);
  afterAll(async () => {
    api.close();
    await server.stop();
  });

  describe('a resource', () => {
    test('is created, read, applied with one field manager, and deleted', async () => {
      const maps = api.resource<ConfigMap>(CONFIG_MAPS);
      await maps.create('default', configMap('life', { a: '1' }));
      const identity = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'life' } };
      expect((await maps.apply('default', 'life', { ...identity, data: { b: '2' } })).data).toEqual({
        a: '1',
        b: '2',
      });
      expect((await maps.apply('default', 'life', { ...identity, data: { a: '3' } })).data).toEqual({
        a: '3',
      });
      const found = await maps.get('default', 'life');
      const manager = 'terngrad-operator';
      expect(found?.metadata).toMatchObject({ managedFields: [{ manager }, { manager }] });
      expect(await maps.delete('default', 'life', { uid: found?.metadata.uid ?? '' })).toBe(true);
      expect(await maps.get('default', 'life')).toBeUndefined();
    });

    test('an apply that names an UID neither revives nor touches another object', async () => {
      const maps = api.resource<ConfigMap>(CONFIG_MAPS);
      const { metadata } = await maps.create('default', configMap('reborn'));
      const ours = { ...configMap('reborn', { a: '1' }), metadata: { name: 'reborn', uid: metadata.uid } };
      await maps.delete('default', 'reborn', {});
      await expect(maps.apply('default', 'reborn', ours)).rejects.toMatchObject({
        status: 409,
        reason: 'Conflict',
      });
      await maps.create('default', configMap('reborn'));
      await expect(maps.apply('default', 'reborn', ours)).rejects.toMatchObject({
        status: 422,
        message: expect.stringContaining('metadata.uid'),
      });
    });

    test('a delete with the UID of an older object leaves the newer one alone', async () => {
      const maps = api.resource<ConfigMap>(CONFIG_MAPS);
      const old = await maps.create('default', configMap('twice'));
      const oldUid = old.metadata.uid ?? '';
      expect(await maps.delete('default', 'twice', { uid: oldUid })).toBe(true);
      const newer = await maps.create('default', configMap('twice'));
      expect(await maps.delete('default', 'twice', { uid: oldUid })).toBe(false);
      expect((await maps.get('default', 'twice'))?.metadata.uid).toBe(newer.metadata.uid);
    });

    test('refusals carry reason, words and details', async () => {
      const maps = api.resource<ConfigMap>(CONFIG_MAPS);
      await maps.create('default', configMap('taken'));
      await expect(maps.create('default', configMap('taken'))).rejects.toMatchObject({
        status: 409,
        reason: 'AlreadyExists',
        message: 'configmaps "taken" already exists',
      });
      await expect(maps.create('default', configMap('NOT_A_NAME'))).rejects.toMatchObject({
        status: 422,
        reason: 'Invalid',
        details: { causes: [{ field: 'metadata.name' }] },
      });
      await expect(maps.create('nowhere', configMap('a'))).rejects.toMatchObject({ status: 404 });
    });

    test('a list of many pages has every object once', async () => {
      const maps = api.resource<ConfigMap>(CONFIG_MAPS);
      const names = Array.from({ length: 1100 }, (_, index) => `many-${index}`);
      await Promise.all(names.map((name) => maps.create('default', configMap(name, {}, { many: 'yes' }))));
      calls.length = 0;
      const found = await maps.list({ namespace: 'default', labelSelector: 'many=yes' });
      expect(found.map(({ metadata }) => metadata.name).sort()).toEqual(names.sort());
      expect(calls).toHaveLength(3);
    });

    test('a stale resource version is refused', async () => {
      const maps = api.resource<ConfigMap>(CONFIG_MAPS);
      const first = await maps.create('default', configMap('versions'));
      await maps.replace('default', { ...first, data: { a: '1' } });
      await expect(maps.replace('default', { ...first, data: { a: '2' } })).rejects.toMatchObject({
        status: 409,
        reason: 'Conflict',
      });
    });
  });

  describe('a reflector', () => {
    const followed: {
      reflector: Reflector<ConfigMap>;
      changes: string[];
      restarts: string[];
      end: () => Promise<void>;
    }[] = [];
    const follow = async (namespaces: readonly string[] | 'all'): Promise<(typeof followed)[number]> => {
      const own = connect();
      const changes: string[] = [];
      const restarts: string[] = [];
      const reflector = createReflector<ConfigMap>({
        api: own,
        kind: CONFIG_MAPS,
        namespaces,
        labelSelector: 'followed=yes',
        indexBy: ({ data }) => data?.['owner'],
        onChange: ({ type, object: { metadata } }) => void changes.push(`${type} ${metadata.name}`),
        onRestart: (reason) => void restarts.push(reason),
        log,
      });
      const stop = new AbortController();
      const ended = reflector.run(stop.signal);
      const end = async (): Promise<void> => {
        stop.abort();
        await ended;
        own.close();
      };
      const result = { reflector, changes, restarts, end };
      followed.push(result);
      await reflector.synced;
      return result;
    };
    const followedMap = (name: string, owner = ''): ConfigMap =>
      configMap(name, { owner }, { followed: 'yes' });
    afterAll(async () => {
      await Promise.all(followed.map(async ({ end }) => end()));
    });

    test('follows what is created, changed, relabelled and deleted', async () => {
      const maps = api.resource<ConfigMap>(CONFIG_MAPS);
      await maps.create('default', followedMap('before', 'x'));
      const { reflector, changes } = await follow('all');
      expect(reflector.store.byIndex('x')).toHaveLength(1);
      expect(reflector.store.get('default/before')?.metadata).not.toHaveProperty('managedFields');
      await maps.create('default', configMap('other'));
      const made = await maps.create('default', followedMap('a'));
      await maps.replace('default', { ...made, data: { owner: 'y' } });
      await until(() => reflector.store.byIndex('y').length === 1);
      await maps.delete('default', 'a', {});
      await until(() => changes.length === 4);
      expect(changes).toEqual(['added before', 'added a', 'updated a', 'deleted a']);
    });

    test('keeps to its namespaces', async () => {
      const namespaces = api.resource(NAMESPACES);
      for (const name of ['one', 'two', 'three']) {
        await namespaces.create('', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      }
      const { changes } = await follow(['one', 'two']);
      const maps = api.resource<ConfigMap>(CONFIG_MAPS);
      for (const name of ['three', 'two', 'one']) await maps.create(name, followedMap(`in-${name}`));
      await until(() => changes.length === 2);
      expect(changes.sort()).toEqual(['added in-one', 'added in-two']);
    });

    test('is right again after the server was killed and started anew, whatever happened meanwhile', async () => {
      const maps = api.resource<ConfigMap>(CONFIG_MAPS);
      for (const name of ['stays', 'goes', 'reborn-too']) await maps.create('default', followedMap(name));
      const { reflector, restarts } = await follow(['default']);
      await server.killServer();
      await until(() => restarts.length > 0);
      await server.restartServer();
      await maps.delete('default', 'goes', {});
      await maps.delete('default', 'reborn-too', {});
      const reborn = await maps.create('default', followedMap('reborn-too'));
      await maps.create('default', followedMap('comes'));
      const present = async (): Promise<readonly string[]> => {
        const found = await maps.list({ namespace: 'default', labelSelector: 'followed=yes' });
        return found.map(({ metadata }) => `${metadata.uid}@${metadata.resourceVersion}`).sort();
      };
      const wanted = await present();
      const seen = (): readonly string[] =>
        reflector.store
          .list()
          .map(({ metadata }) => `${metadata.uid}@${metadata.resourceVersion}`)
          .sort();
      await until(() => JSON.stringify(seen()) === JSON.stringify(wanted));
      expect(reflector.store.get('default/reborn-too')?.metadata.uid).toBe(reborn.metadata.uid);
    }, 90_000);
  });

  test('a watch from before the server was started anew is told that it has expired', async () => {
    const maps = api.resource<ConfigMap>(CONFIG_MAPS);
    const { metadata } = await maps.create('default', configMap('old'));
    for (let change = 0; change < 3; change += 1) await maps.create('default', configMap(`newer-${change}`));
    await server.killServer();
    await server.restartServer();
    const stop = new AbortController();
    const from = { namespace: 'default', resourceVersion: metadata.resourceVersion ?? '' };
    const first = maps.watch(from, stop.signal)[Symbol.asyncIterator]().next();
    await expect(first).rejects.toMatchObject({ status: 410, reason: 'Expired' });
    stop.abort();
  }, 90_000);

  describe('leader election', () => {
    const candidate = (
      name: string,
    ): { election: LeaderElection; stop: () => void; ended: Promise<string> } => {
      const election = createLeaderElection({
        api,
        namespace: 'default',
        name: 'operator',
        identity: name,
        retryMs: 100,
        log,
      });
      const stop = new AbortController();
      const lead = async (leading: AbortSignal): Promise<void> => {
        await pause(60_000, undefined, { signal: leading }).catch(() => {});
      };
      return { election, stop: () => stop.abort(), ended: election.run(lead, stop.signal) };
    };

    test('has one leader at a time, and hands over', async () => {
      const candidates = ['a', 'b', 'c'].map(candidate);
      const leaders = (): typeof candidates => candidates.filter(({ election }) => election.stillLeading());
      await until(() => leaders().length > 0);
      await pause(500);
      expect(leaders()).toHaveLength(1);
      const [first] = leaders();
      first?.stop();
      expect(await first?.ended).toBe('stopped');
      await until(() => leaders().length > 0);
      expect(leaders()).toHaveLength(1);
      for (const { stop } of candidates) stop();
      await Promise.all(candidates.map(({ ended }) => ended));
      const lease = await api.resource<Lease>(LEASES).get('default', 'operator');
      expect(lease?.spec?.holderIdentity).toBeUndefined();
      expect(lease?.spec?.renewTime).toMatch(/\.\d{6}Z$/);
      expect(lease?.spec?.leaseTransitions).toBeGreaterThanOrEqual(1);
    });
  });

  test('events are taken by the server, folded, and shown by kubectl', async () => {
    const { metadata } = await api.resource<ConfigMap>(CONFIG_MAPS).create('default', configMap('subject'));
    let lost = 0;
    const recorder = createEventRecorder({
      api,
      reporter: { controller: 'terngrad.dev/operator', instance: 'operator-0' },
      onLost: () => void (lost += 1),
      log,
    });
    const regarding = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'subject',
      namespace: 'default',
      uid: metadata.uid ?? '',
    };
    for (let time = 0; time < 3; time += 1) {
      recorder.record({
        regarding,
        type: 'Warning',
        reason: 'WorkerFailed',
        action: 'Replace',
        note: 'é'.repeat(900),
      });
    }
    await recorder.close(5000);
    expect(lost).toBe(0);
    const events = await api.resource<EventObject>(EVENTS).list({ namespace: 'default' });
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ reason: 'WorkerFailed', series: { count: 3 } });
    expect(server.kubectl('get', 'events', '-n', 'default')).toContain('WorkerFailed');
  });
});
