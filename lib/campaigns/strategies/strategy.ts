// A strategy: a complete recipe for a campaign that is known to make sense. From a few parameters with sensible
// defaults comes a whole definition (audience, trigger, arms with a holdout, window, messages in both languages), which
// becomes a draft and can be edited like any other.

import { z } from 'zod';
import { parseInput } from '../../base/input.ts';
import type { Language } from '../../events/customer.ts';
import type { Json } from '../../events/event.ts';
import type { CampaignDefinition } from '../definition.ts';

/** The same said in both languages. */
export type Said = { readonly [language in Language]: string };

export const said = (en: string, zh: string): Said => ({ en, 'zh-CN': zh });

export interface StrategyDescription {
  /** Part of the API's path: small letters and hyphens. */
  readonly name: string;
  readonly title: Said;
  readonly purpose: Said;
  /** When it helps, and what it asks of the events and the catalogue. */
  readonly when: Said;
}

export interface Strategy extends StrategyDescription {
  /** JSON Schema of the parameters, each with its default and `description` (English) and `description-zh-CN`. */
  readonly parameters: { readonly [keyword: string]: Json };
  /** The definition; Failure('invalid') with every problem of the parameters. `nowMs` is when a campaign starts by default. */
  readonly define: (parameters: unknown, nowMs: number) => CampaignDefinition;
}

interface Recipe<Shape extends z.ZodRawShape> extends StrategyDescription {
  readonly parameters: z.ZodObject<Shape, z.core.$strict>;
  readonly build: (
    parameters: z.output<z.ZodObject<Shape, z.core.$strict>>,
    nowMs: number,
  ) => CampaignDefinition;
}

export const strategy = <Shape extends z.ZodRawShape>({
  parameters,
  build,
  ...description
}: Recipe<Shape>): Strategy => ({
  ...description,
  parameters: z.toJSONSchema(parameters, {
    io: 'input',
    // The format says it; the pattern beside it is a page of digits.
    override: ({ jsonSchema }) => {
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  }) as Strategy['parameters'],
  define: (input, nowMs) => build(parseInput(parameters, input, 'parameters'), nowMs),
});
