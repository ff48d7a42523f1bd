import { resolve } from 'node:path';
import { CIFAR10_REMEDY, readCifar10 } from './cifar10.ts';
import { DataError } from './data-error.ts';
import { readDataFile } from './data-file.ts';
import { limitTo, type DataSource, type LabelledDataset } from './labelled.ts';
import { bundledMnistDirectory, readMnist } from './mnist.ts';
import { readNpy } from './npy.ts';
import { makeSynthetic } from './synthetic.ts';

export type DataSetName = 'mnist' | 'cifar10' | 'synthetic' | 'program';

/** The `data` block of a job, defaults filled in. */
export interface DataSettings {
  readonly name: DataSetName;
  /** Relative to `baseDirectory`. */
  readonly path?: string | undefined;
  readonly trainLimit?: number | undefined;
  readonly testLimit?: number | undefined;
  readonly syntheticExamples: number;
}

const SYNTHETIC_CLASSES = 10;
/** MNIST's, so that the programs for MNIST run on it as they are. */
const DEFAULT_SYNTHETIC_SHAPE = [28, 28, 1] as const;

/** Gives programs the job's data. Nothing is read before `open`, and then once. */
export function createDataSource(settings: DataSettings, seed: number, baseDirectory: string): DataSource {
  const directory = settings.path === undefined ? undefined : resolve(baseDirectory, settings.path);
  let opened: Promise<LabelledDataset> | undefined;
  return {
    name: settings.name,
    ...(directory === undefined ? {} : { directory }),
    open(preferredShape = DEFAULT_SYNTHETIC_SHAPE) {
      opened ??= readDataset(settings, seed, directory, preferredShape).then(({ classes, train, test }) => ({
        classes,
        train: limitTo(train, settings.trainLimit),
        test: limitTo(test, settings.testLimit),
      }));
      return opened;
    },
    async readNpy(file) {
      return readNpy(
        await readDataFile(
          directory ?? baseDirectory,
          [file],
          'the path is relative to data.path of the job',
        ),
      );
    },
  };
}

async function readDataset(
  settings: DataSettings,
  seed: number,
  directory: string | undefined,
  preferredShape: readonly [number, number, number],
): Promise<LabelledDataset> {
  switch (settings.name) {
    case 'mnist':
      return await readMnist(directory ?? bundledMnistDirectory());
    case 'cifar10':
      if (directory === undefined) {
        throw new DataError(`data.path is not set, and CIFAR-10 does not come along; ${CIFAR10_REMEDY}`);
      }
      return await readCifar10(directory);
    case 'synthetic':
      return makeSynthetic({
        seed,
        trainExamples: settings.syntheticExamples,
        shape: preferredShape,
        classes: SYNTHETIC_CLASSES,
      });
    case 'program':
      throw new DataError(
        'data.name is "program", so the program must bring its own data; set data.name to mnist, cifar10 or ' +
          'synthetic to open one by context.data.open()',
      );
  }
}
