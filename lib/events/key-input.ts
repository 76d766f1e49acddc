// What POST /v1/admin/keys and `npm run keys -- create` take: { scope, app }.

import { z } from 'zod';
import { parseInput } from '../base/input.ts';
import type { KeyScope } from './api-key.ts';

const schema = z.strictObject({
  scope: z.enum(['write', 'read', 'admin']),
  app: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9-]{0,63}$/,
      'Write 1 to 64 lower-case letters, digits and hyphens, such as "ios"',
    ),
});

export const parseKeyInput = (body: unknown): { readonly scope: KeyScope; readonly app: string } =>
  parseInput(schema, body, 'key');
