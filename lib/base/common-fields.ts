// Fields that several requests have, with one rule and one message each.

import { z } from 'zod';

const instantMessage = 'must be an instant such as 2026-03-01T09:00:00Z';

/** As it was written. */
export const writtenInstant = z.iso.datetime({ offset: true, error: instantMessage });

/** ISO 8601 in UTC with milliseconds. */
export const instant = writtenInstant.transform((text) => new Date(text).toISOString());

/** Of placements and exclusion groups. */
export const shortName = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, hyphens or underscores');
