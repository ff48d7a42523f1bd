import type { TernGradJob } from '../../crds/job.ts';
import { withLooseJob } from '../local-run/loose-workers.ts';
import { withRun } from '../local-run/run-job.ts';
import type { Crew } from './crew.ts';
import { Gates } from './gates.ts';
import { LaunchedCrew } from './launched-crew.ts';
import { LooseCrew } from './loose-crew.ts';
import { RANKS, type PacedJob } from './paced-job.ts';
import { CHECKPOINTS, rowsOfCheckpoints, STEPS_PER_CHECKPOINT } from './rows-of-checkpoints.ts';
import { rowsOfDeaths } from './rows-of-deaths.ts';
import { rowsOfDeathsOnTheWire } from './rows-of-deaths-on-the-wire.ts';
import { rowsOfFrames } from './rows-of-frames.ts';
import { rowsOfLinks } from './rows-of-links.ts';
import { rowsOfPauses } from './rows-of-pauses.ts';
import { rowsOfStrangers } from './rows-of-strangers.ts';
import { rowsOfTheFinish } from './rows-of-the-finish.ts';
import { play, type Scene, type SceneOptions } from './scene.ts';
import { Switchboard } from './switchboard.ts';

/** A failed worker is replaced at once, as often as it takes. */
const tireless = {
  failurePolicy: { backoffLimit: 1000, backoff: { initialSeconds: 1, maxSeconds: 1, resetAfterSeconds: 1 } },
} as const;

const checkpoint = { directory: CHECKPOINTS, everySteps: STEPS_PER_CHECKPOINT } as const;

/** A scene whose crew only itself knows. */
export interface AnyScene {
  readonly name: string;
  readonly rows: readonly { readonly id: string }[];
  play(options: SceneOptions): Promise<void>;
}

/** @param isWanted whether a row is to be played. */
export function scenesOf(job: PacedJob, isWanted: (id: string) => boolean): readonly AnyScene[] {
  const scenes = [
    anyScene(launched('`terngrad run`, TLS', job.with(tireless), rowsOfDeaths), isWanted),
    anyScene(
      launched(
        '`terngrad run` with checkpoints, TLS',
        job.with({ ...tireless, checkpoint }),
        rowsOfCheckpoints,
      ),
      isWanted,
    ),
    anyScene(loose('workers alone, TLS', job.with(), [...rowsOfPauses, ...rowsOfStrangers]), isWanted),
    anyScene(switched(job, [...rowsOfDeathsOnTheWire, ...rowsOfLinks]), isWanted),
    anyScene(switched(job, rowsOfFrames), isWanted),
    ...rowsOfTheFinish.map((row) => anyScene(switched(job, [row]), isWanted)),
  ];
  return scenes.filter(({ rows }) => rows.length > 0);
}

function anyScene<OfCrew extends Crew>(scene: Scene<OfCrew>, isWanted: (id: string) => boolean): AnyScene {
  const wanted = { ...scene, rows: scene.rows.filter(({ id }) => isWanted(id)) };
  return { name: scene.name, rows: wanted.rows, play: (options) => play(wanted, options) };
}

function launched(name: string, job: TernGradJob, rows: Scene<LaunchedCrew>['rows']): Scene<LaunchedCrew> {
  return {
    name,
    rows,
    run: (work) => withRun(job, (run) => work(new LaunchedCrew(run), new Gates(run.sandbox.folder))),
  };
}

function loose(name: string, job: TernGradJob, rows: Scene<LooseCrew>['rows']): Scene<LooseCrew> {
  return {
    name,
    rows,
    run: (work) =>
      withLooseJob(job, (one) =>
        supervised(new LooseCrew(one), (crew) => work(crew, new Gates(one.sandbox.folder))),
      ),
  };
}

/** What is left of a crew when the work has failed is not started again while it is removed. */
async function supervised<OfCrew extends LooseCrew>(
  crew: OfCrew,
  work: (crew: OfCrew) => Promise<void>,
): Promise<void> {
  try {
    await work(crew);
  } finally {
    crew.abandon();
  }
}

type SwitchedCrew = LooseCrew & { readonly switchboard: Switchboard };

function switched(job: PacedJob, rows: Scene<SwitchedCrew>['rows']): Scene<SwitchedCrew> {
  return {
    name: 'workers alone, without TLS, through a proxy',
    rows,
    run: (work) =>
      withLooseJob(job.with({ tls: { enabled: false } }), async (one) => {
        const switchboard = await Switchboard.open(RANKS);
        try {
          const crew = Object.assign(new LooseCrew(one, switchboard), { switchboard });
          await supervised(crew, () => work(crew, new Gates(one.sandbox.folder)));
        } finally {
          await switchboard.close();
        }
      }),
  };
}
