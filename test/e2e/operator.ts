import type { ApiClient } from '../integration/api-client.ts';
import type { Pod } from './objects.ts';

/** Where test/e2e/run.sh installs the chart. */
export const OPERATOR_NAMESPACE = 'terngrad-system';

const PODS = `/api/v1/namespaces/${OPERATOR_NAMESPACE}/pods`;

/** The operator's pod; there is one, and it leads. */
export async function operatorPod(client: ApiClient): Promise<Pod> {
  const { body } = await client.get(`${PODS}?labelSelector=app.kubernetes.io/name%3Dterngrad-operator`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const [pod] = (body as { items: Pod[] }).items;
  if (pod === undefined) throw new Error(`no operator runs in ${OPERATOR_NAMESPACE}`);
  return pod;
}

/** A figure of the operator's own metrics, summed over its labels. */
export async function operatorMetric(client: ApiClient, name: string): Promise<number> {
  const { metadata } = await operatorPod(client);
  const metrics = String((await client.get(`${PODS}/${metadata.name}:8080/proxy/metrics`)).body);
  const values = metrics
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .map((line) => Number(line.slice(line.lastIndexOf(' '))));
  if (values.length === 0) throw new Error(`the operator shows no ${name}`);
  return values.reduce((sum, value) => sum + value, 0);
}
