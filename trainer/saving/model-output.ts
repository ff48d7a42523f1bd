import { resolve } from 'node:path';
import type { OutputSpec } from '../../crds/checkpoint.ts';
import type { StateRegion, StateTensor } from '../checkpoint/state.ts';
import type { OutputTensor } from '../output/output-tensor.ts';
import { prepareOutput } from '../output/prepare-output.ts';
import { writeLayersModel } from '../output/write-layers-model.ts';
import { writeSafetensors } from '../output/write-safetensors.ts';

export interface ModelOutputOptions {
  readonly spec: OutputSpec;
  /** Against which the path of `spec` is resolved. */
  readonly baseDirectory: string;
  readonly tensors: readonly StateTensor[];
  readonly regions: readonly StateRegion[];
  /** What `model.toJSON` gives; there when the format is `tfjs`. */
  readonly topology: object | undefined;
  /** Where the weights come from, for people. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The trained model, where `spec.output` wants it. */
export class ModelOutput {
  readonly path: string;
  readonly #options: ModelOutputOptions;

  private constructor(options: ModelOutputOptions) {
    this.#options = options;
    this.path = resolve(options.baseDirectory, options.spec.path);
  }

  /** @throws when the place cannot be written to: better before the training than after it. */
  static async open(options: ModelOutputOptions): Promise<ModelOutput> {
    const output = new ModelOutput(options);
    await prepareOutput(output.path, options.spec.format);
    return output;
  }

  /**
   * Writes the weights in memory: averaged ones where the job averages them, as they are evaluated.
   * @throws OutputError
   */
  async write(): Promise<void> {
    const { spec, topology, metadata } = this.#options;
    const weights = this.#weights();
    if (spec.format === 'safetensors') return writeSafetensors(this.path, weights, metadata);
    if (topology === undefined) throw new Error('the compute thread has given no topology');
    return writeLayersModel(this.path, { topology, weights });
  }

  #weights(): OutputTensor[] {
    const { tensors, regions } = this.#options;
    const trained = regions.some(({ kind }) => kind === 'average') ? 'average' : 'weights';
    return tensors
      .filter(({ kind }) => kind === trained || kind === 'nonTrainable')
      .map(({ kind, name, shape, size, offset }) => {
        const values = regions.find((region) => region.kind === kind)?.values.subarray(offset, offset + size);
        if (values === undefined) throw new RangeError(`the regions of the state do not hold ${name}`);
        // The model's own name, without the part of the state.
        return { name: name.slice(kind.length + 1), shape, values };
      });
  }
}
