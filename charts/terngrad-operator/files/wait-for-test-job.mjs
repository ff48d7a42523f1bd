// Runs in the pod of `helm test`: waits until the test job has succeeded, and says on the way what it sees.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const { JOB_PATH, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;

async function readJob() {
  const authorization = `Bearer ${readFileSync(TOKEN_FILE, 'utf8')}`;
  const response = await fetch(`${server}${JOB_PATH}`, { headers: { authorization } });
  if (!response.ok) throw new Error(`the API server answers ${response.status}: ${await response.text()}`);
  return response.json();
}

let told = '';
for (;;) {
  const { status = {} } = await readJob();
  const { state = 'not seen by the operator yet', summary = {}, conditions = [], cause } = status;
  const line = [state, summary.workers, summary.step, summary.loss && `loss ${summary.loss}`]
    .filter(Boolean)
    .join('  ');
  if (line !== told) console.log(line);
  told = line;
  if (state === 'Succeeded') break;
  if (state === 'Failed') {
    console.error(
      cause?.message ?? conditions.find(({ type }) => type === 'Failed')?.message ?? 'no cause is given',
    );
    process.exit(1);
  }
  await sleep(1000);
}
