// A program of your own: which of three spirals does a point in the plane belong to?
//
// The trainer imports this module and calls createModel and loadData with a `context`:
//   context.tf          TensorFlow.js. Never import a copy of your own: two copies do not know each other's tensors.
//   context.parameters  what the job file says under program.parameters
//   context.random      random numbers that are the same on every worker
//   context.examples    makes examples out of plain arrays
//   context.data        opens a named data set, or reads NumPy files of data.path

const ARMS = 3;

export default {
  // Shown in logs and status.
  name: 'spirals',

  // The weights of the model, in order, are what the workers exchange. All workers start with equal weights: layers
  // draw them from the job's seed, as long as you leave `seed` out.
  createModel({ tf, parameters }) {
    const { hidden = 64 } = parameters;
    return tf.sequential({
      layers: [
        tf.layers.dense({ name: 'hidden1', units: hidden, activation: 'relu', inputShape: [2] }),
        tf.layers.dense({ name: 'hidden2', units: hidden, activation: 'relu' }),
        // No softmax at the end: the default loss takes logits.
        tf.layers.dense({ name: 'logits', units: ARMS }),
      ],
    });
  },

  // Every worker loads all examples; in each step it takes its share of the batch.
  loadData({ examples, parameters, random }) {
    const { points = 3000, noise = 0.03 } = parameters;
    return {
      train: examples(spirals(points, noise, random('train'))),
      test: examples(spirals(points / 3, noise, random('test'))),
    };
  },

  // Softmax cross-entropy and its accuracy are the default. For something else, add
  //   loss(tf, model, batch, { training })   mean loss over the batch, a scalar
  //   correct(tf, logits, batch)             number of right answers in the batch, a scalar
  // for example, mean squared error:
  //   loss: (tf, model, { inputs, targets }, { training }) =>
  //     tf.losses.meanSquaredError(targets, model.apply(inputs, { training })),
};

// Three arms that wind once around the origin, with some noise.
function spirals(count, noise, random) {
  const values = new Float32Array(2 * count);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const arm = i % ARMS;
    const radius = random.uniform();
    const angle = 2 * Math.PI * (radius + arm / ARMS);
    values[2 * i] = radius * Math.cos(angle) + noise * random.normal();
    values[2 * i + 1] = radius * Math.sin(angle) + noise * random.normal();
    labels[i] = arm;
  }
  return { count, shape: [2], values, labels };
}
