import type { ApiClient } from '../integration/api-client.ts';

/** Where test/e2e/run.sh installs the chart. */
export const OPERATOR_NAMESPACE = 'terngrad-system';

/** A figure of the operator's own metrics, summed over its labels. */
export async function operatorMetric(client: ApiClient, name: string): Promise<number> {
  const pods = `/api/v1/namespaces/${OPERATOR_NAMESPACE}/pods`;
  const { body } = await client.get(`${pods}?labelSelector=app.kubernetes.io/name%3Dterngrad-operator`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const [pod] = (body as { items: { metadata: { name: string } }[] }).items;
  if (pod === undefined) throw new Error(`no operator runs in ${OPERATOR_NAMESPACE}`);
  const metrics = String((await client.get(`${pods}/${pod.metadata.name}:8080/proxy/metrics`)).body);
  const values = metrics
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .map((line) => Number(line.slice(line.lastIndexOf(' '))));
  if (values.length === 0) throw new Error(`the operator shows no ${name}`);
  return values.reduce((sum, value) => sum + value, 0);
}
