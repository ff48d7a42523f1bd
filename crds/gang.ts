import { z } from 'zod';
import { dnsSubdomain, seconds } from './scalars.ts';

export const gangSchema = z
  .strictObject({
    scheduler: z
      .enum(['volcano', 'coscheduling', 'kueue', 'native'])
      .describe('Who admits the workers together; `native` is the PodGroup of Kubernetes itself.'),
    queue: dnsSubdomain().optional().describe('Queue of Volcano or Kueue.'),
    timeoutSeconds: seconds()
      .default(600)
      .describe('Seconds until workers that could not be placed together give their nodes back.'),
  })
  .describe('All-or-nothing scheduling: all workers start, or none does.');

export type GangSpec = z.output<typeof gangSchema>;
