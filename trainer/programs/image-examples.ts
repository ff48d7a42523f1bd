import type { LabelledArrays } from '../data/labelled.ts';
import { exampleSize } from '../data/labelled.ts';
import type { Random } from '../data/random.ts';
import type { Batch, Examples } from './program.ts';

/** Ranges of TensorFlow's CIFAR-10 tutorial, for values 0..255. */
const BRIGHTNESS = 63;
const CONTRAST = [0.2, 1.8] as const;

/** How one image is cut out and changed. */
interface View {
  readonly top: number;
  readonly left: number;
  readonly flipped: boolean;
  readonly brightness: number;
  readonly contrast: number;
}

/**
 * Square crops of `side` pixels, standardized to mean 0 and deviation 1 per image. With `augment`, a training batch
 * gets random crops, flips, brightness and contrast; otherwise every batch is the centre crop.
 * @param arrays images of shape `[height, width, channels]`, both sides at least `side`.
 */
export function imageExamples(arrays: LabelledArrays, side: number, augment: boolean): Examples {
  const [height = 0, width = 0, channels = 0] = arrays.shape;
  const imageSize = exampleSize(arrays.shape);
  const cropSize = side * side * channels;
  const centre: View = {
    top: Math.floor((height - side) / 2),
    left: Math.floor((width - side) / 2),
    flipped: false,
    brightness: 0,
    contrast: 1,
  };

  function randomView(random: Random): View {
    return {
      top: random.integer(height - side + 1),
      left: random.integer(width - side + 1),
      flipped: random.uniform() < 0.5,
      brightness: BRIGHTNESS * (2 * random.uniform() - 1),
      contrast: CONTRAST[0] + (CONTRAST[1] - CONTRAST[0]) * random.uniform(),
    };
  }

  function cut(image: number, view: View, out: Float32Array): void {
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const source = view.left + (view.flipped ? side - 1 - column : column);
        const from = image * imageSize + ((view.top + row) * width + source) * channels;
        const to = (row * side + column) * channels;
        for (let channel = 0; channel < channels; channel++)
          out[to + channel] = arrays.values[from + channel]!;
      }
    }
  }

  return {
    count: arrays.count,
    batch(tf, indices, random): Batch {
      const inputs = new Float32Array(indices.length * cropSize);
      const targets = new Int32Array(indices.length);
      for (let row = 0; row < indices.length; row++) {
        const view = augment && random !== undefined ? randomView(random) : centre;
        const crop = inputs.subarray(row * cropSize, (row + 1) * cropSize);
        cut(indices[row]!, view, crop);
        adjust(crop, channels, view);
        standardize(crop);
        targets[row] = arrays.labels[indices[row]!]!;
      }
      return {
        inputs: tf.tensor(inputs, [indices.length, side, side, channels]),
        targets: tf.tensor1d(targets, 'int32'),
      };
    },
  };
}

/** Adds brightness and stretches each channel around its mean by the contrast. */
function adjust(crop: Float32Array, channels: number, { brightness, contrast }: View): void {
  if (brightness === 0 && contrast === 1) return;
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0;
    for (let i = channel; i < crop.length; i += channels) sum += crop[i]!;
    const mean = (sum * channels) / crop.length;
    for (let i = channel; i < crop.length; i += channels) {
      crop[i] = (crop[i]! - mean) * contrast + mean + brightness;
    }
  }
}

/** Mean 0, deviation 1; the deviation is held above 1/sqrt(size), so that a plain image stays finite. */
function standardize(crop: Float32Array): void {
  let sum = 0;
  let squares = 0;
  for (const value of crop) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / crop.length;
  const variance = Math.max(0, squares / crop.length - mean * mean);
  const deviation = Math.max(Math.sqrt(variance), 1 / Math.sqrt(crop.length));
  for (let i = 0; i < crop.length; i++) crop[i] = (crop[i]! - mean) / deviation;
}
