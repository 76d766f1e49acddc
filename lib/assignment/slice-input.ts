// A slice of an exclusion group as the API takes it, the same for campaigns and experiments. Shares in [0, 1].

import { z } from 'zod';

export const sliceSchema = z
  .strictObject({
    group: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, hyphens or underscores'),
    from: z.number().min(0).max(1),
    to: z.number().min(0).max(1),
  })
  .refine(({ from, to }) => from < to, {
    path: ['to'],
    message: 'must be greater than from; nobody would be in the slice',
  });
