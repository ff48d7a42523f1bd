import type { ApiClient } from '../integration/api-client.ts';

/** What a node would say of the pods, said by the test. */
export class Kubelet {
  private readonly client: ApiClient;
  private readonly pods: string;

  constructor(client: ApiClient, namespace: string) {
    this.client = client;
    this.pods = `/api/v1/namespaces/${namespace}/pods`;
  }

  async run(name: string): Promise<void> {
    const startedAt = new Date().toISOString();
    await this.set(name, {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: startedAt }],
      containerStatuses: [container({ running: { startedAt } })],
    });
  }

  async end(name: string, exitCode: number): Promise<void> {
    const finishedAt = new Date().toISOString();
    await this.set(name, {
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      containerStatuses: [container({ terminated: { exitCode, startedAt: finishedAt, finishedAt } })],
    });
  }

  async delete(name: string): Promise<void> {
    await this.client.delete(`${this.pods}/${name}`);
  }

  private async set(name: string, status: object): Promise<void> {
    const answer = await this.client.merge(`${this.pods}/${name}/status`, { status });
    if (answer.status !== 200) throw new Error(`no status for ${name}: ${JSON.stringify(answer.body)}`);
  }
}

function container(state: object): object {
  return { name: 'worker', image: 'worker', imageID: '', ready: false, restartCount: 0, state };
}
