import { describe, expect, test } from '@jest/globals';
import { planStep, type StepPlan } from './step-plan.ts';
import { payloadBytes } from '../ternary/payload-format.ts';
import { lenetTensors, specOf, tensor } from './testing/spec.ts';

const facts = { examples: 60_000, members: 2 };

function exemptNames(plan: StepPlan): string[] {
  return plan.layout.slots.filter((slot) => slot.exempt).map((slot) => slot.name);
}

describe('which tensors are exempt', () => {
  test('small ones, by default below 1024 elements', () => {
    expect(exemptNames(planStep(lenetTensors, specOf(), facts))).toEqual([
      'conv1/kernel',
      'conv1/bias',
      'conv2/bias',
      'fc1/bias',
      'fc2/bias',
    ]);
  });

  test('the last kernel and its bias, when the last layer is exempt', () => {
    const spec = specOf({ compression: { exempt: { belowElements: 0, lastLayer: true } } });
    expect(exemptNames(planStep(lenetTensors, spec, facts))).toEqual(['fc2/kernel', 'fc2/bias']);
  });

  test('those named in the job', () => {
    const spec = specOf({ compression: { exempt: { belowElements: 0, tensors: ['conv2/kernel'] } } });
    expect(exemptNames(planStep(lenetTensors, spec, facts))).toEqual(['conv2/kernel']);
  });

  test('a name that the model does not have is refused with the names that it has', () => {
    const spec = specOf({ compression: { exempt: { tensors: ['conv9/kernel'] } } });
    expect(() => planStep(lenetTensors, spec, facts)).toThrow(
      /no tensor "conv9\/kernel".*conv1\/kernel, conv1\/bias/,
    );
  });

  test('all of them under a float codec, so that no scaler crosses the wire', () => {
    const plan = planStep(lenetTensors, specOf({ compression: { codec: 'float32' } }), facts);
    expect(exemptNames(plan)).toHaveLength(lenetTensors.length);
    expect(plan.chunkPlan.units).toBe(0);
  });
});

describe('chunks', () => {
  test.each([1, 2, 3, 5])('hold every value of the model exactly once, for %i members', (members) => {
    const plan = planStep(lenetTensors, specOf(), { examples: 60_000, members });
    const values = plan.chunkPlan.chunks.reduce((sum, chunk) => sum + chunk.values, 0);
    expect(values).toBe(plan.layout.parameterCount);
  });

  test('do not depend on the number of members', () => {
    const chunksFor = (members: number): unknown =>
      planStep(lenetTensors, specOf(), { examples: 60_000, members }).chunkPlan;
    expect(chunksFor(5)).toEqual(chunksFor(2));
  });

  test('the longest payload is found over all codings that the job can use', () => {
    const spec = specOf({ compression: { floatEpochs: 2 } });
    const plan = planStep(lenetTensors, spec, facts);
    const largest = Math.max(...plan.chunkPlan.chunks.map((chunk) => chunk.values));
    expect(plan.maxPayloadBytes).toBe(largest * 4);
    const without = planStep(lenetTensors, specOf(), facts);
    expect(without.maxPayloadBytes).toBeLessThan(plan.maxPayloadBytes);
  });

  test('an elastic job has room for the sums of any number of members', () => {
    const elastic = { minReplicas: 3, maxReplicas: 4 };
    const spec = specOf({
      workers: { replicas: 4, elastic },
      exchange: { chunkValues: 80 },
      compression: { exempt: { belowElements: 0 } },
    });
    const { chunkPlan, maxPayloadBytes } = planStep(lenetTensors, spec, { ...facts, members: 4 });
    // One block: 3 members take 32 and 16 bytes in two planes, 4 members 32 in one.
    const lengths = [3, 4].map((members) => payloadBytes('sums', chunkPlan.chunks[0]!, members));
    expect(lengths).toEqual([48, 32]);
    expect(maxPayloadBytes).toBe(48);
  });

  test('a ternarized LeNet is pushed in a nineteenth of its float32 bytes', () => {
    const plan = planStep(lenetTensors, specOf(), facts);
    const ternarized = plan.chunkPlan.chunks.filter((chunk) => !chunk.exempt);
    const raw = ternarized.reduce((sum, chunk) => sum + chunk.values * 4, 0);
    const sent = ternarized.reduce((sum, chunk) => sum + payloadBytes('base3', chunk, 2), 0);
    expect(raw / sent).toBeGreaterThan(19);
  });
});

describe('the signature', () => {
  const base = planStep(lenetTensors, specOf(), facts).signature;

  test('is the same for the same model and job, whatever the tensors are called', () => {
    const renamed = lenetTensors.map((spec, index) => ({ ...spec, name: `dense_${index}` }));
    expect(planStep(renamed, specOf(), facts).signature).toBe(base);
  });

  test.each([
    ['another model', [...lenetTensors.slice(0, -1), tensor('fc2/bias', 11)], specOf(), facts],
    ['another codec', lenetTensors, specOf({ compression: { codec: 'float16' } }), facts],
    ['another seed', lenetTensors, specOf({ training: { steps: 10, seed: 2 } }), facts],
    ['other data', lenetTensors, specOf(), { ...facts, examples: 59_999 }],
  ])('differs for %s', (_name, tensors, spec, given) => {
    expect(planStep(tensors, spec, given).signature).not.toBe(base);
  });
});

test('epochs become steps: the last, short batch of an epoch is a step too', () => {
  const plan = planStep(lenetTensors, specOf({ training: { epochs: 2, batchSize: 64 } }), {
    examples: 100,
    members: 2,
  });
  expect(plan.totalSteps).toBe(4);
});
