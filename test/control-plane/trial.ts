import { setTimeout as pause } from 'node:timers/promises';
import type { ApiClient } from '../integration/api-client.ts';
import type { OperatorProgram } from '../integration/controller-operator.ts';
import { differenceOf } from './difference.ts';
import { eventually } from './eventually.ts';
import type { Fault, Trial } from './fault.ts';
import type { FaultProxy, FaultProxyOptions } from './fault-proxy.ts';
import { openFaultProxy } from './fault-proxy.ts';
import { Kubelet } from './kubelet.ts';
import { JOB, LIFE, milestoneOf, missingOf, WORKERS } from './life.ts';
import type { EndState } from './observer.ts';
import { Observer } from './observer.ts';
import type { Random } from './random.ts';
import { Seat } from './seat.ts';

/** What all trials share. */
export interface Surroundings {
  readonly client: ApiClient;
  readonly program: OperatorProgram;
  readonly proxy: Pick<FaultProxyOptions, 'kubeconfig' | 'upstream' | 'certificate' | 'authority'>;
  /** Of files of the trials. */
  readonly folder: string;
}

/** What a life left. */
export interface LifeRecord {
  /** By step. */
  readonly milestones: Readonly<Record<string, unknown>>;
  readonly endState: EndState;
  /** How often each reason was told. */
  readonly events: Readonly<Record<string, number>>;
  /** By place, in order. */
  readonly writes: readonly string[];
  readonly isMet: boolean;
}

export interface TrialOptions {
  /** Makes the namespaces of this life. */
  readonly number: number;
  readonly fault: Fault;
  readonly random: Random;
  /** Each of its milestones has to be reached. Absent: this becomes the reference. */
  readonly reference?: LifeRecord;
  /** Default: long enough for the longest waits between tries of an operator. */
  readonly stepLimitMs?: number;
}

const STEP_LIMIT_MS = 60_000;
/** Nothing is written for so long between two steps, so that a write belongs to its step. */
const STEP_REST_MS = 200;
/** The same at the end: it rests. And in the reference run, which all others are held against. */
const LAST_REST_MS = 1_000;
const MAX_DELAY_MS = 10;

/** A life did not come to where it should. */
export class LifeFailedError extends Error {
  override readonly name = 'LifeFailedError';
  /** Without its fault, a life says something of the computer only. */
  readonly isMet: boolean;

  constructor(message: string, { isMet, cause }: { readonly isMet: boolean; readonly cause: unknown }) {
    super(message, { cause });
    this.isMet = isMet;
  }
}

/**
 * One life of a job, with one fault.
 * @throws when the operator does not get where it should, and when anything was seen that must never be.
 */
export async function live(surroundings: Surroundings, options: TrialOptions): Promise<LifeRecord> {
  const { client, program, folder } = surroundings;
  const { number, fault, random, reference, stepLimitMs = STEP_LIMIT_MS } = options;
  const [namespace, operatorNamespace] = [`jobs-${number}`, `operator-${number}`];
  for (const name of [namespace, operatorNamespace]) {
    await client.create('/api/v1/namespaces', { metadata: { name } });
  }
  const observer = new Observer({ client, namespace, operatorNamespace, maxPods: WORKERS });
  await observer.start();
  const operators = fault.operators ?? 1;
  const parameters = [
    `--watch-namespaces=${namespace}`,
    `--namespace=${operatorNamespace}`,
    '--log-level=warn',
    `--leader-election=${operators > 1}`,
  ];
  let isMet = fault.treat === undefined && fault.beforeStep === undefined && fault.afterAct === undefined;
  const seats: Seat[] = [];
  const proxies: FaultProxy[] = [];
  const trial: Trial = {
    client,
    kubelet: new Kubelet(client, namespace),
    observer,
    namespace,
    operatorNamespace,
    seats,
    met: () => void (isMet = true),
  };
  try {
    for (let index = 0; index < operators; index += 1) {
      const proxy = await openFaultProxy({
        ...surroundings.proxy,
        file: `${folder}/kubeconfig-${number}-${index}`,
        treat: (call, place) => fault.treat?.(trial, call, place, seat),
        delayMs: () => random() * MAX_DELAY_MS,
      });
      proxies.push(proxy);
      const seat = new Seat(program, proxy, parameters);
      seats.push(seat);
    }
    seats[0]?.start();
    const milestones: Record<string, unknown> = {};
    for (const step of LIFE) {
      await fault.beforeStep?.(trial, step);
      await step.act(trial);
      await fault.afterAct?.(trial, step);
      const expected = reference?.milestones[step.name];
      await eventually(
        step.name,
        () => (expected === undefined ? missingOf(trial, step) : differenceOf(milestoneOf(trial), expected)),
        stepLimitMs,
      );
      await rest(proxies, reference === undefined ? LAST_REST_MS : STEP_REST_MS);
      milestones[step.name] = milestoneOf(trial);
    }
    const isGone = (): boolean => !observer.isThere('TernGradJob', JOB);
    await eventually('deleted', () => (isGone() ? undefined : 'the job is still there'), stepLimitMs);
    await rest(proxies, LAST_REST_MS);
    const endState = observer.endState();
    const difference = reference === undefined ? undefined : differenceOf(endState, reference.endState);
    if (difference !== undefined) throw new Error(`the end is another: ${difference}`);
    if (observer.violations.length > 0) throw new Error(observer.violations.join('; '));
    const events = await toldEvents(client, namespace);
    const writes = proxies.flatMap((proxy) => proxy.writes);
    return { milestones, endState, events, writes, isMet };
  } catch (error) {
    const when = isMet ? '' : 'before the fault struck: ';
    const words = seats.map((seat, index) => `operator ${index + 1}:\n${seat.log()}`).join('\n');
    const what = error instanceof Error ? error.message : String(error);
    throw new LifeFailedError(`${when}${what}\n${words}`, { isMet, cause: error });
  } finally {
    observer.end();
    await Promise.all(seats.map((seat) => seat.end()));
    await Promise.all(proxies.map((proxy) => proxy.close()));
  }
}

async function rest(proxies: readonly FaultProxy[], restMs: number): Promise<void> {
  const sinceMs = performance.now();
  const quietMs = (): number =>
    performance.now() - Math.max(sinceMs, ...proxies.map(({ lastWriteAtMs }) => lastWriteAtMs()));
  while (quietMs() < restMs) await pause(restMs - quietMs() + 1);
}

async function toldEvents(client: ApiClient, namespace: string): Promise<Record<string, number>> {
  const { body } = await client.get(`/apis/events.k8s.io/v1/namespaces/${namespace}/events`);
  const { items } = body as { readonly items: readonly { readonly reason: string }[] };
  const counts: Record<string, number> = {};
  for (const { reason } of items) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
