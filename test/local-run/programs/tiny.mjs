// A net of 16-64-3 on made-up points. Its first kernel has 1024 values, so by default it is ternarized; all other
// tensors are smaller and are sent as floats.

const INPUTS = 16;
const CLASSES = 3;

/**
 * The program, with hooks for the tests' other programs.
 * onModel(model, parameters), onTrainBatch(count, indices), onTestBatch()
 */
export function tinyWith({ onModel = () => {}, onTrainBatch = () => {}, onTestBatch = () => {} } = {}) {
  return {
    name: 'tiny',

    createModel({ tf, parameters }) {
      const { hidden = 64, batchNorm = false } = parameters;
      const model = tf.sequential({
        layers: [
          tf.layers.dense({ name: 'hidden', units: hidden, activation: 'relu', inputShape: [INPUTS] }),
          ...(batchNorm ? [tf.layers.batchNormalization({ name: 'norm' })] : []),
          tf.layers.dense({ name: 'logits', units: CLASSES }),
        ],
      });
      onModel(model, parameters);
      return model;
    },

    loadData({ examples, parameters, random }) {
      const { examples: count = 96 } = parameters;
      const prototypes = Float32Array.from({ length: CLASSES * INPUTS }, prototypeFrom(random('prototypes')));
      const train = examples(points(count, prototypes, random('train')));
      const test = examples(points(24, prototypes, random('test')));
      let step = -1;
      return {
        train: hooked(train, (_, indices) => onTrainBatch((step += 1), indices)),
        test: hooked(test, onTestBatch),
      };
    },
  };
}

export default tinyWith();

function prototypeFrom(random) {
  return () => random.normal();
}

function points(count, prototypes, random) {
  const values = new Float32Array(count * INPUTS);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = i % CLASSES;
    for (let j = 0; j < INPUTS; j++) {
      values[i * INPUTS + j] = prototypes[labels[i] * INPUTS + j] + random.normal();
    }
  }
  return { count, shape: [INPUTS], values, labels };
}

function hooked(examples, hook) {
  return {
    count: examples.count,
    batch(...args) {
      hook(...args);
      return examples.batch(...args);
    },
  };
}
