import { startApiServer } from './api-server.ts';
import { bundleOperator } from './controller-operator.ts';
import { exampleJob } from '../../crds/testing/example-job.ts';
const server = await startApiServer();
const c = server.client;
await c.create('/api/v1/namespaces', { metadata: { name: 'terngrad' } });
await c.create('/api/v1/namespaces', { metadata: { name: 'bench' } });
const program = await bundleOperator();
const op = program.start(server.kubeconfig, '--leader-election=false', '--http-address=127.0.0.1:18977', '--log-level=warn');
const metrics = async () => (await fetch('http://127.0.0.1:18977/metrics')).text();
const val = (t: string, n: string) => t.split('\n').filter((l) => l.startsWith(n)).map((l) => Number(l.slice(l.lastIndexOf(' ')))).reduce((a, b) => a + b, 0);
for (;;) { try { if ((await fetch('http://127.0.0.1:18977/readyz')).status === 200) break; } catch {} await new Promise((r) => setTimeout(r, 100)); }
await new Promise((r) => setTimeout(r, 2000));
console.log('idle rss MB', val(await metrics(), 'process_resident_memory_bytes') / 1e6);
const jobs = '/apis/terngrad.dev/v1alpha1/namespaces/bench/terngradjobs';
const pods = '/api/v1/namespaces/bench/pods';
let seen = 0; let resolveAt = 0; let resolve: (() => void) | undefined;
await c.watch(pods, (ch: any) => { if (ch.type === 'ADDED') { seen += 1; if (seen >= resolveAt) resolve?.(); } }, new AbortController().signal);
async function wait(n: number) { resolveAt = n; if (seen >= n) return; await new Promise<void>((r) => { resolve = r; }); }
for (let i = 0; i < 8; i += 1) {
  const t = performance.now();
  await c.create(jobs, exampleJob({ workers: { replicas: 4 } }, { name: `small-${i}`, namespace: 'bench' }));
  const created = performance.now();
  await wait(4 * (i + 1));
  console.log('4 workers: create call', (created - t).toFixed(0), 'ms; from its return to 4 pods seen', (performance.now() - created).toFixed(0), 'ms');
  await new Promise((r) => setTimeout(r, 500));
}
{ const m = await metrics(); console.log('mean operator delay ms', 1000 * val(m, 'terngrad_operator_job_pods_created_delay_seconds_sum') / val(m, 'terngrad_operator_job_pods_created_delay_seconds_count')); }
{ const base = seen; const t = performance.now();
  await c.create(jobs, exampleJob({ workers: { replicas: 500 } }, { name: 'large', namespace: 'bench' }));
  await wait(base + 500); console.log('500 workers: pods seen after', ((performance.now() - t) / 1000).toFixed(2), 's'); }
await new Promise((r) => setTimeout(r, 3000));
{ const base = seen; const cpu0 = val(await metrics(), 'process_cpu_seconds_total'); const t = performance.now();
  await Promise.all(Array.from({ length: 200 }, (_, i) => c.create(jobs, exampleJob({ workers: { replicas: 4 } }, { name: `many-${i}`, namespace: 'bench' }))));
  const made = performance.now();
  await wait(base + 800); console.log('200 x 4: all jobs created', ((made - t) / 1000).toFixed(2), 's; all pods seen', ((performance.now() - t) / 1000).toFixed(2), 's; operator cpu', (val(await metrics(), 'process_cpu_seconds_total') - cpu0).toFixed(2)); }
await new Promise((r) => setTimeout(r, 5000));
{ const m = await metrics(); console.log('rss MB', val(m, 'process_resident_memory_bytes') / 1e6, 'reconciles', val(m, 'controller_runtime_reconcile_total'), 'errors', val(m, 'controller_runtime_reconcile_errors_total')); for (const l of m.split('\n')) if (l.startsWith('rest_client')) console.log(l); }
console.log(op.log().slice(0, 2000));
await program.remove(); await server.stop(); process.exit(0);
