import { randomOf } from '../control-plane/random.ts';
import { until } from '../local-run/until.ts';
import { formedIn, newestAttempts, type Crew } from './crew.ts';
import type { Gates } from './gates.ts';
import { RANKS, STEPS_PER_ROW, TOTAL_STEPS } from './paced-job.ts';
import type { Row, Stage } from './row.ts';

/** One way to run the job, and the rows that need just this way. */
export interface Scene<OfCrew extends Crew = Crew> {
  readonly name: string;
  readonly rows: readonly Row<Stage<OfCrew>>[];
  /** Runs the job while `work` does; afterwards nothing of it is left, whatever happens. */
  readonly run: (work: (crew: OfCrew, gates: Gates) => Promise<void>) => Promise<void>;
}

export interface Verdict {
  readonly row: Row;
  readonly scene: string;
  /** From the fault to three steps after it. */
  readonly durationMs: number | undefined;
  /** Absent where all was as expected. */
  readonly failure: string | undefined;
}

export interface SceneOptions {
  readonly seed: number;
  /** Of the undisturbed run. */
  readonly weightsHash: string;
  readonly onVerdict: (verdict: Verdict) => void;
}

/**
 * Plays the rows one after the other in one job, each at its own step; after the last one the job is trained to its end.
 * After a row that failed the rest is played in a new job.
 */
export async function play<OfCrew extends Crew>(scene: Scene<OfCrew>, options: SceneOptions): Promise<void> {
  let rest = scene.rows;
  while (rest.length > 0) rest = await playSome(scene, rest, options);
}

/** Returns the rows that are left. */
async function playSome<OfCrew extends Crew>(
  scene: Scene<OfCrew>,
  rows: Scene<OfCrew>['rows'],
  { seed, weightsHash, onVerdict }: SceneOptions,
): Promise<Scene<OfCrew>['rows']> {
  const passed: (Played & { readonly row: Row<Stage<OfCrew>> })[] = [];
  let failure: string | undefined;
  try {
    await scene.run(async (crew, gates) => {
      for (let i = 0; i <= rows.length; i += 1) gates.close(`train-${stepOf(i)}`);
      for (const [i, row] of rows.entries()) {
        const stage = stageOf(crew, gates, stepOf(i), randomOf(seed, row.id));
        await stage.untilAt(`train-${stage.step}`, RANKS);
        passed.push({ row, ...(await playRow(row, stage)) });
      }
      gates.open(`train-${stepOf(rows.length)}`);
      const hashes = await crew.ended();
      const right = RANKS.map(() => weightsHash);
      if (String(hashes) !== String(right)) {
        throw new Error(`the final weights are ${String(hashes)} instead of ${weightsHash} on all ranks`);
      }
      if (passed.some(({ hasCome }) => !hasCome())) throw new Error('the fault has never come');
    });
  } catch (error) {
    failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const failed = rows[passed.length];
  // What goes wrong after the last row goes wrong for all: any of them may be why.
  const ofAll = failed === undefined ? failure : undefined;
  for (const { row, durationMs } of passed) onVerdict(verdict(scene, row, ofAll, durationMs));
  if (failed !== undefined) onVerdict(verdict(scene, failed, failure ?? 'it was not played', undefined));
  return rows.slice(passed.length + 1);
}

function verdict<OfCrew extends Crew>(
  { name }: Scene<OfCrew>,
  row: Row<Stage<OfCrew>>,
  failure: string | undefined,
  durationMs: number | undefined,
): Verdict {
  return { scene: name, row, failure, durationMs };
}

function stepOf(index: number): number {
  const step = STEPS_PER_ROW * (index + 1);
  if (step >= TOTAL_STEPS) throw new RangeError(`row ${index} begins at step ${step} of ${TOTAL_STEPS}`);
  return step;
}

function stageOf<OfCrew extends Crew>(
  crew: OfCrew,
  gates: Gates,
  step: number,
  random: Stage['random'],
): Stage<OfCrew> {
  return {
    crew,
    step,
    gates,
    random,
    go: () => gates.open(`train-${step}`),
    untilAt: (gate, ranks) =>
      until(
        `ranks ${ranks.join(', ')} are at the gate ${gate}`,
        () => {
          if (crew.isOver)
            throw new Error(`all workers have ended before the gate ${gate}\n${crew.log.slice(-4000)}`);
          return ranks.every((rank) => gates.isAt(gate, rank));
        },
        () => crew.log.slice(-4000),
      ),
  };
}

interface Played {
  readonly durationMs: number;
  /** To be asked at the end of the job. */
  readonly hasCome: () => boolean;
}

async function playRow<OfCrew extends Crew>(row: Row<Stage<OfCrew>>, stage: Stage<OfCrew>): Promise<Played> {
  const { crew, step } = stage;
  const before = { attempts: newestAttempts(crew), formed: formedIn(crew.log), log: crew.log };
  const beganMs = performance.now();
  const hasCome = (await row.act(stage)) ?? (() => true);
  await stage.untilAt(`train-${step + STEPS_PER_ROW}`, RANKS);
  const durationMs = performance.now() - beganMs;
  const complaints = [
    ...attemptComplaints(row, before.attempts, crew),
    ...generationComplaints(row, step, before.formed, formedIn(crew.log)),
    ...(row.says !== undefined && !isSaidAnew(row.says, before.log, crew.log)
      ? [`nobody said ${String(row.says)}`]
      : []),
  ];
  if (complaints.length > 0) throw new Error(`${complaints.join('; ')}\n${crew.log.slice(-6000)}`);
  return { durationMs, hasCome };
}

/** The logs of several processes stand one after the other, so what is new is not only at the end. */
function isSaidAnew(pattern: RegExp, before: string, now: string): boolean {
  const count = (log: string): number => [...log.matchAll(new RegExp(pattern.source, 'g'))].length;
  return count(now) > count(before);
}

function attemptComplaints(
  { replaced }: Pick<Row, 'replaced'>,
  before: ReadonlyMap<number, number>,
  crew: Crew,
): readonly string[] {
  const { living } = crew;
  return RANKS.flatMap((rank) => {
    const attempts = living.filter((one) => one.rank === rank).map(({ attempt }) => attempt);
    const known = before.get(rank) ?? 0;
    if (attempts.length !== 1) return [`rank ${rank} has ${attempts.length} living processes`];
    const isNew = (attempts[0] ?? 0) > known;
    if (isNew === replaced.includes(rank)) return [];
    return [`rank ${rank} has attempt ${attempts[0]} after attempt ${known}`];
  });
}

function generationComplaints(
  { endsGeneration, stepsLost = 0 }: Pick<Row, 'endsGeneration' | 'stepsLost'>,
  step: number,
  before: Awaited<ReturnType<typeof formedIn>>,
  now: Awaited<ReturnType<typeof formedIn>>,
): readonly string[] {
  // Who remembers nothing counts the generations anew, too.
  if (stepsLost === Infinity) return [];
  const known = before.at(-1)?.generation ?? 0;
  const added = now.filter(({ generation }) => generation > known);
  const complaints = added
    .filter((formed) => formed.step < step - stepsLost)
    .map((formed) => `generation ${formed.generation} goes back to step ${formed.step} from step ${step}`);
  if (endsGeneration && added.length === 0) complaints.push('no generation has formed');
  if (!endsGeneration && added.length > 0)
    complaints.push(`a generation has formed for no reason: ${JSON.stringify(added)}`);
  return complaints;
}
