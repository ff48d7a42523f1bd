import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { createAuthority, issueLeaf } from '../../pki/authority.ts';
import type { PemPair } from '../../pki/authority.ts';
import { connectToApiServer } from './connect.ts';
import { json, kubeConfigFor, refused, scriptedServer } from './testing/scripted-server.ts';
import type { ScriptedServer } from './testing/scripted-server.ts';

const PODS = { group: '', version: 'v1', plural: 'pods' };
const pod = { metadata: { name: 'a' } };

describe('credentials', () => {
  test('are read again after a while', async () => {
    await using server = await scriptedServer(json(200, pod));
    const user = { name: 'test', token: 'first' };
    const kubeConfig = kubeConfigOf(server, user);
    let nowMs = 0;
    const api = connectToApiServer({ kubeConfig, monotonicMs: () => nowMs });
    const pods = api.resource(PODS);
    await pods.get('n', 'a');
    user.token = 'second';
    await pods.get('n', 'a');
    nowMs = 31_000;
    await pods.get('n', 'a');
    api.close();
    expect(tokens(server)).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
    expect(server.connections()).toBe(1);
  });

  test('are read again at once when the server does not know us', async () => {
    await using server = await scriptedServer(refused(401, 'Unauthorized', 'who?'), json(200, pod));
    const user = { name: 'test', token: 'stale' };
    const api = connectToApiServer({ kubeConfig: kubeConfigOf(server, user) });
    const pods = api.resource(PODS);
    await expect(pods.get('n', 'a')).rejects.toMatchObject({ status: 401 });
    user.token = 'fresh';
    expect(await pods.get('n', 'a')).toEqual(pod);
    api.close();
    expect(tokens(server)).toEqual(['Bearer stale', 'Bearer fresh']);
  });

  test('that cannot be read fail the call, and the next call tries again', async () => {
    await using server = await scriptedServer(json(200, pod));
    const user: { name: string; certFile?: string } = { name: 'test', certFile: '/nowhere/tls.crt' };
    const api = connectToApiServer({ kubeConfig: kubeConfigOf(server, user) });
    await expect(api.resource(PODS).get('n', 'a')).rejects.toMatchObject({
      code: 'API_UNREACHABLE',
      message: expect.stringContaining('/nowhere/tls.crt'),
    });
    delete user.certFile;
    expect(await api.resource(PODS).get('n', 'a')).toEqual(pod);
    api.close();
  });
});

describe('TLS', () => {
  test('the server is checked against the authority, and a new client certificate takes new connections', async () => {
    await using cluster = await tlsCluster();
    const { kubeConfig, seen } = cluster;
    let nowMs = 0;
    const api = connectToApiServer({ kubeConfig, monotonicMs: () => nowMs });
    const pods = api.resource(PODS);
    await pods.get('n', 'a');
    await pods.get('n', 'a');
    cluster.present(await cluster.leaf(2));
    nowMs = 31_000;
    await pods.get('n', 'a');
    api.close();
    expect(seen.map(({ name }) => name)).toEqual(['rank/1', 'rank/1', 'rank/2']);
    expect(new Set(seen.map(({ port }) => port)).size).toBe(2);
  });

  test('a further connection takes up the TLS session of an earlier one', async () => {
    await using cluster = await tlsCluster();
    const api = connectToApiServer({ kubeConfig: cluster.kubeConfig });
    const pods = api.resource(PODS);
    await pods.get('n', 'a');
    await Promise.all([pods.get('n', 'a'), pods.get('n', 'a')]);
    api.close();
    const resumed = new Map(cluster.seen.map(({ port, isResumed }) => [port, isResumed]));
    expect([...resumed.values()]).toEqual([false, true]);
  });

  test('connections are used in turn, so that none of them falls idle alone', async () => {
    await using cluster = await tlsCluster();
    const api = connectToApiServer({ kubeConfig: cluster.kubeConfig });
    const pods = api.resource(PODS);
    await Promise.all([1, 2, 3].map(() => pods.get('n', 'a')));
    for (let calls = 0; calls < 3; calls += 1) await pods.get('n', 'a');
    api.close();
    expect(new Set(cluster.seen.slice(3).map(({ port }) => port)).size).toBe(3);
  });

  test('a server of another authority gets nothing', async () => {
    await using cluster = await tlsCluster();
    await using other = await tlsCluster();
    const { caData } = other.kubeConfig.clusters[0] ?? {};
    Object.assign(cluster.kubeConfig.clusters[0] ?? {}, { caData });
    const api = connectToApiServer({ kubeConfig: cluster.kubeConfig });
    await expect(api.resource(PODS).get('n', 'a')).rejects.toMatchObject({ code: 'API_UNREACHABLE' });
    api.close();
    expect(cluster.seen).toHaveLength(0);
  });
});

test.each([
  ['no current cluster', new KubeConfig(), /no current cluster/],
  [
    'a proxy',
    withCluster({ server: 'https://a', proxyUrl: 'http://proxy:3128' }),
    /proxies are not supported/,
  ],
  ['an address that is none', withCluster({ server: 'nonsense' }), /https:\/\/host:port/],
])('a kubeconfig with %s is refused', (_title, kubeConfig, message) => {
  expect(() => connectToApiServer({ kubeConfig })).toThrow(message);
});

function kubeConfigOf(server: ScriptedServer, user: object): KubeConfig {
  const kubeConfig = kubeConfigFor(server.kubeConfig.clusters[0]?.server ?? '');
  kubeConfig.users = [user as KubeConfig['users'][number]];
  return kubeConfig;
}

function withCluster(cluster: object): KubeConfig {
  const kubeConfig = kubeConfigFor('unused');
  Object.assign(kubeConfig.clusters[0] ?? {}, cluster);
  return kubeConfig;
}

function tokens({ requests }: ScriptedServer): readonly (string | undefined)[] {
  return requests.map(({ headers }) => headers.authorization);
}

interface Seen {
  readonly name: string;
  readonly port: number | undefined;
  readonly isResumed: boolean;
}

interface TlsCluster extends AsyncDisposable {
  readonly kubeConfig: KubeConfig;
  /** Who made each request, by the client certificate, from which port, and whether with an earlier session. */
  readonly seen: readonly Seen[];
  leaf(rank: number): Promise<PemPair>;
  present(pair: PemPair): void;
}

/** An HTTPS server that demands client certificates of its own authority. */
async function tlsCluster(): Promise<TlsCluster> {
  const validity = { notAfter: new Date(Date.now() + 3_600_000) };
  const authority = await createAuthority('test', validity);
  const leaf = (rank: number): Promise<PemPair> =>
    issueLeaf(authority, {
      identity: { kind: 'worker', namespace: 'n', jobUid: 'u', rank },
      ipAddresses: ['127.0.0.1'],
      validity,
    });
  const { certificate, privateKey } = await leaf(0);
  const seen: Seen[] = [];
  const server = createServer(
    { cert: certificate, key: privateKey, ca: authority.certificate, requestCert: true },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      const names = socket.getPeerCertificate().subjectaltname ?? '';
      seen.push({
        name: /rank\/\d+/.exec(names)?.[0] ?? names,
        port: socket.remotePort,
        isResumed: socket.isSessionReused(),
      });
      response.end(JSON.stringify(pod));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const kubeConfig = kubeConfigFor(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  Object.assign(kubeConfig.clusters[0] ?? {}, {
    skipTLSVerify: false,
    caData: base64(authority.certificate),
  });
  const present = (pair: PemPair): void => {
    const user = { certData: base64(pair.certificate), keyData: base64(pair.privateKey) };
    Object.assign(kubeConfig.users[0] ?? {}, user);
  };
  present(await leaf(1));
  return {
    kubeConfig,
    seen,
    leaf,
    present,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
