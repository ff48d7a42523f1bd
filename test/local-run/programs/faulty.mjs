// The tiny program with one fault, named by its parameters:
//   fault   createModel, loadData, loss: throws in there; loss: at `step`
//           exit, exitOnLoad: calls process.exit in the loss of `step`, or in loadData
//           endlessLoadData: never returns
//           nanLoss, nanGradient, hugeGradient: what `step` computes is not finite, or beyond float16
//           unequal: each rank starts with other weights; hang: `step` never ends
//           slow: every gradient of the first attempt takes 60 ms longer
//   step    default 3
//   rank    only this rank has the fault; default all
import { tinyWith } from './tiny.mjs';

const forever = new Int32Array(new SharedArrayBuffer(4));

export default () => {
  let parameters = {};
  let step = -1;
  const has = (fault) =>
    parameters.fault === fault && [undefined, Number(process.env.TERNGRAD_RANK)].includes(parameters.rank);
  const program = tinyWith({
    onTrainBatch(begun) {
      step = begun;
      if (has('hang') && step === (parameters.step ?? 3)) Atomics.wait(forever, 0, 0);
      if (has('slow') && process.env.TERNGRAD_ATTEMPT === '1') Atomics.wait(forever, 0, 0, 60);
    },
  });
  return {
    ...program,
    name: 'faulty',

    createModel(context) {
      ({ parameters } = context);
      if (has('createModel')) throw new Error('no such layer');
      const model = program.createModel(context);
      if (has('unequal')) model.setWeights(model.getWeights().map((weight) => weight.add(1)));
      return model;
    },

    loadData(context) {
      if (has('loadData')) throw new Error('no such table');
      if (has('exitOnLoad')) process.exit(0);
      return has('endlessLoadData') ? new Promise(() => {}) : program.loadData(context);
    },

    loss(tf, model, { inputs, targets }, { training }) {
      const labels = tf.oneHot(targets.toInt(), 3);
      const loss = tf.losses.softmaxCrossEntropy(labels, model.apply(inputs, { training }));
      if (!training || step !== (parameters.step ?? 3)) return loss;
      if (has('exit')) process.exit(3);
      if (has('loss')) throw new Error('the batch is odd');
      if (has('hugeGradient')) return loss.mul(1e8);
      // The square root has no slope at 0: 0 times infinity.
      if (has('nanGradient')) return loss.add(model.trainableWeights[0].read().sum().mul(0).sqrt());
      return has('nanLoss') ? loss.mul(Number.NaN) : loss;
    },
  };
};
