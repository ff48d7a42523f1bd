import { z } from 'zod';

export const smoothOutSchema = z
  .strictObject({
    strength: z
      .number()
      .min(0)
      .default(0)
      .describe(
        "Size of the noise: for `uniform` the bound a of [-a, a]; for `adaptive` the norm of a filter's noise as a share of the norm of the filter. 0 is off.",
      ),
    kind: z
      .enum(['uniform', 'adaptive'])
      .default('uniform')
      .describe(
        '`uniform`: the same bound for every weight (SmoothOut). `adaptive`: scaled per filter (AdaSmoothOut).',
      ),
    schedule: z
      .enum(['constant', 'annealed', 'rampUp'])
      .default('constant')
      .describe(
        'Strength over the steps: `annealed` falls as sqrt(1/(1+t)^0.55), `rampUp` rises as (tanh(10(t/T - 0.5)) + 1)/2.',
      ),
  })
  .prefault({})
  .describe(
    'SmoothOut: weights are perturbed before each gradient and restored after it, which favours flat minima. Costs no traffic.',
  );

export type SmoothOutSpec = z.output<typeof smoothOutSchema>;
