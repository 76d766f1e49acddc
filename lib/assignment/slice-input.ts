// A slice of an exclusion group as the API takes it, the same for campaigns and experiments. Shares in [0, 1].

import { z } from 'zod';
import { shortName } from '../base/common-fields.ts';

export const sliceSchema = z
  .strictObject({
    group: shortName,
    from: z.number().min(0).max(1),
    to: z.number().min(0).max(1),
  })
  .refine(({ from, to }) => from < to, {
    path: ['to'],
    message: 'must be greater than from; nobody would be in the slice',
  });
