import { expect, test } from '@jest/globals';
import { MemoryApiServer } from '../testing/memory-api-server.ts';
import { pods } from './kinds.ts';
import { gateWrites } from './write-gate.ts';

const pod = { metadata: { namespace: 'default', name: 'a' } };

test('who does not lead reads, and writes nothing', async () => {
  const server = new MemoryApiServer();
  let leads = true;
  const resource = gateWrites(server, () => leads).resource(pods);
  await resource.create('default', pod);
  leads = false;
  const writes = [
    () => resource.create('default', { metadata: { ...pod.metadata, name: 'b' } }),
    () => resource.apply('default', 'a', {}),
    () => resource.applyStatus('default', 'a', {}),
    () => resource.replace('default', pod),
    () => resource.delete('default', 'a', {}),
  ];
  for (const write of writes) await expect(write()).rejects.toMatchObject({ code: 'NOT_LEADING' });
  expect(server.writes).toHaveLength(1);
  expect(await resource.get('default', 'a')).toMatchObject(pod);
  expect(await resource.list({ namespace: 'default' })).toHaveLength(1);
});
