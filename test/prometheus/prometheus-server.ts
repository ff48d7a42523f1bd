import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePorts } from '../integration/free-ports.ts';
import { startGuarded } from '../integration/guarded-process.ts';
import { until } from '../local-run/until.ts';

export interface ScrapeJob {
  readonly name: string;
  /** `host:port`. */
  readonly targets: readonly string[];
  readonly honorLabels: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface PrometheusServer {
  /** An instant query. Rejects with Prometheus' own words when it cannot be run. */
  query(expr: string): Promise<readonly Sample[]>;
  /** Kills it, and removes what it stored. */
  stop(): Promise<void>;
}

/** Also the time between two evaluations. Short, so that rates over some seconds have points enough. */
const SCRAPE_EVERY = '500ms';

/** Starts a real Prometheus that scrapes these targets, and waits until it answers. */
export async function startPrometheus(
  program: string,
  jobs: readonly ScrapeJob[],
): Promise<PrometheusServer> {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-test-'));
  const [port] = await freePorts(1);
  const configFile = join(folder, 'prometheus.yml');
  writeFileSync(configFile, configYaml(jobs));
  const server = startGuarded(
    program,
    [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { logFile: join(folder, 'log'), removeAtEnd: folder },
  );
  const address = `http://127.0.0.1:${port}`;
  await until('Prometheus answers', async () => {
    if (server.exitCode !== null) throw new Error(`Prometheus has ended:\n${server.lastWords()}`);
    return (await fetch(`${address}/-/ready`).catch(() => undefined))?.ok === true;
  });
  return {
    query: (expr) => query(address, expr),
    stop: () => server.kill(),
  };
}

function configYaml(jobs: readonly ScrapeJob[]): string {
  return stringify({
    global: {
      scrape_interval: SCRAPE_EVERY,
      scrape_timeout: SCRAPE_EVERY,
      evaluation_interval: SCRAPE_EVERY,
    },
    scrape_configs: jobs.map(({ name, targets, honorLabels, labels = {} }) => ({
      job_name: name,
      honor_labels: honorLabels,
      static_configs: [{ targets, labels }],
    })),
  });
}

interface QueryAnswer {
  readonly status: 'success' | 'error';
  readonly error?: string;
  readonly data?: {
    readonly result: readonly {
      readonly metric: Record<string, string>;
      readonly value: readonly [number, string];
    }[];
  };
}

async function query(address: string, expr: string): Promise<readonly Sample[]> {
  const response = await fetch(`${address}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query: expr }),
  });
  const answer = (await response.json()) as QueryAnswer;
  if (answer.data === undefined)
    throw new Error(`Prometheus refuses ${expr}: ${answer.error ?? 'no reason'}`);
  return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}
