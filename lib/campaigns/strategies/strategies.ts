// The strategies there are, in the order in which a marketer would look at them, as the API lists them, and the draft
// campaign that one of them becomes.

import { z } from 'zod';
import { Failure, shown } from '../../base/errors.ts';
import { parseInput } from '../../base/input.ts';
import { campaignNameLengthMax } from '../../base/limits.ts';
import { type AdministerPorts, createCampaign, type DefinedCampaign } from '../administer.ts';
import { abandonedCart, abandonedView } from './abandoned.ts';
import { nextInSeries, whatToLearnNext } from './completion.ts';
import { bundle, freeChapter } from './content.ts';
import { couponAfterFirstPurchase, welcomeToSecondPurchase } from './first-purchase.ts';
import { limitedTimeOffer, winBack } from './offers.ts';
import { referral } from './referral.ts';
import { renewalReminder } from './renewal.ts';
import type { Strategy, StrategyDescription } from './strategy.ts';

export const strategies: readonly Strategy[] = [
  welcomeToSecondPurchase,
  couponAfterFirstPurchase,
  abandonedCart,
  abandonedView,
  nextInSeries,
  whatToLearnNext,
  renewalReminder,
  winBack,
  limitedTimeOffer,
  freeChapter,
  bundle,
  referral,
];

export const listStrategies = (): {
  readonly strategies: readonly (StrategyDescription & Pick<Strategy, 'parameters'>)[];
} => ({
  strategies: strategies.map(({ name, title, purpose, when, parameters }) => ({
    name,
    title,
    purpose,
    when,
    parameters,
  })),
});

const bodySchema = z.strictObject({
  /** Default: the strategy's own. */
  name: z.string().trim().min(1).max(campaignNameLengthMax).optional(),
  parameters: z.unknown().optional(),
});

/** A draft like any other: looked at, changed, previewed and started by the same routes. */
export const createFromStrategy = async (
  name: string,
  body: unknown,
  ports: AdministerPorts,
): Promise<DefinedCampaign> => {
  const found = strategies.find((one) => one.name === name);
  if (found === undefined) {
    throw new Failure('not-found', {
      code: 'strategy-unknown',
      message: 'There is no strategy with this name.',
      received: shown(name),
      action: `Use one of ${strategies.map((one) => one.name).join(', ')}.`,
    });
  }
  const { name: given, parameters = {} } = parseInput(bodySchema, body, 'strategy');
  const definition = found.define(parameters, ports.clock.nowMs());
  return createCampaign(given === undefined ? definition : { ...definition, name: given }, ports);
};
