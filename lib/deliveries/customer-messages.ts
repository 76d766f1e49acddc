// What one customer got from the campaigns that were started, and why not, for support: GET …/customers/{userId}/messages.
// Nothing is kept for it: ids of deliveries follow from campaign, run, phase, customer and step, so that the rows can be
// looked up; of a journey the path is shown. The arm is what the hash says. Campaigns newest first, a page at a time.
// Who is no longer stored (or never was) is not found, whatever rows of deliveries remain.
// Limits: of a campaign that repeats the newest customerRunsCountMax runs; a page ends with the campaign that takes its
// look-ups past customerLookupsCountMax.

import { z } from 'zod';
import { globalHoldoutArm } from '../assignment/assign.ts';
import type { HoldoutSettings } from '../assignment/holdout-period.ts';
import { Failure } from '../base/errors.ts';
import type { CampaignId, CustomerId } from '../base/ids.ts';
import { parseInput } from '../base/input.ts';
import { customerLookupsCountMax, customerRunsCountMax, idLengthMax } from '../base/limits.ts';
import { isHeldOut, type RunPhaseId, sends } from '../campaigns/assigned.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import { hasJourneys, type JourneyState } from '../campaigns/journey-state.ts';
import { memberOfRun } from '../campaigns/member-of-run.ts';
import { eventRunAt, firstRun } from '../campaigns/schedule.ts';
import type { CustomerProfile } from '../events/customer.ts';
import { suppressionsOf } from '../events/suppressions.ts';
import type {
  CampaignStore,
  Clock,
  CustomerStore,
  Delivery,
  DeliveryStore,
  JourneyStore,
  SecretStore,
} from '../ports.ts';
import { deliveryIdOf } from './identity.ts';
import { messagesOf } from './preview.ts';

export interface CustomerMessagesPorts {
  readonly campaigns: Pick<CampaignStore, 'list' | 'get' | 'runs' | 'run' | 'assignment' | 'latestBatch'>;
  readonly deliveries: Pick<DeliveryStore, 'get'>;
  readonly journeys: Pick<JourneyStore, 'of'>;
  readonly customers: Pick<CustomerStore, 'read'>;
  readonly secrets: SecretStore;
  readonly settings: HoldoutSettings;
  readonly clock: Clock;
}

/**
 * Why there is neither a message nor a journey.  `held-out`, `held-out-everywhere`: kept untreated to compare with.
 * `variant-sends-nothing`: an arm without a message.  `not-reached`: not in the audience when it was frozen (a preview
 * says whether they are now), or not their turn yet.
 */
export type NothingReason = 'held-out' | 'held-out-everywhere' | 'variant-sends-nothing' | 'not-reached';

export interface ShownDelivery
  extends Omit<Delivery, 'campaignId' | 'customerId' | 'counted' | 'sendingBy' | 'sendingAt'> {
  readonly phase: RunPhaseId['phase'];
}

export interface ShownJourney
  extends Pick<
    JourneyState,
    'runId' | 'phase' | 'stepId' | 'enteredAt' | 'dueAt' | 'awaits' | 'waitsFor' | 'path' | 'ended'
  > {
  readonly variant: string;
}

export interface CampaignOfCustomer {
  readonly campaignId: CampaignId;
  readonly name: string;
  readonly status: Campaign['status'];
  readonly arm: string;
  /** In the order of time. */
  readonly deliveries: readonly ShownDelivery[];
  readonly journeys: readonly ShownJourney[];
  /** Null where there is something. */
  readonly nothing: NothingReason | null;
  /** Older runs of a campaign that repeats, not looked at. */
  readonly runsLeftOut?: number;
}

export interface CustomerMessages {
  readonly customerId: CustomerId;
  /** Channels on which marketing was stopped, since when and why. */
  readonly suppressed: CustomerProfile['suppressed'];
  readonly campaigns: readonly CampaignOfCustomer[];
  /** What to give as `after` for the page after; absent at the end. */
  readonly next?: CampaignId;
}

const schema = z.strictObject({
  after: z.string().min(1).max(idLengthMax).optional(),
  campaignId: z.string().min(1).max(idLengthMax).optional(),
});

/** `query`: `campaignId` for one campaign alone, `after` for the next page. */
export const customerMessages = async (
  customerId: CustomerId,
  query: { readonly [name: string]: string | undefined },
  ports: CustomerMessagesPorts,
): Promise<CustomerMessages> => {
  const { after, campaignId } = parseInput(schema, query, 'query');
  const { profile, state } = await ports.customers.read(customerId);
  if (profile === undefined && state === undefined) {
    throw new Failure('not-found', {
      code: 'customer-not-found',
      message: 'Nothing is known of this customer.',
      received: customerId,
      action: 'Check the user id; an anonymous visitor is known by the user id they were identified with.',
    });
  }
  const started = (await ports.campaigns.list())
    .filter(({ startedAt }) => startedAt !== undefined)
    .map((campaign) => campaign.campaignId);
  const wanted = campaignId === undefined ? started : started.filter((id) => id === campaignId);
  const campaigns: CampaignOfCustomer[] = [];
  let [lookups, place] = [0, placeAfter(wanted, after)];
  for (; place < wanted.length && lookups < customerLookupsCountMax; place++) {
    const campaign = await ports.campaigns.get(wanted[place]);
    if (campaign !== undefined) {
      const found = await ofCampaign(campaign, customerId, ports);
      campaigns.push(found.shown);
      lookups += found.lookups;
    }
  }
  const suppressed = suppressionsOf(profile);
  const next = place < wanted.length ? { next: wanted[place - 1] } : {};
  return { customerId, suppressed, campaigns, ...next };
};

const placeAfter = (ids: readonly string[], after: string | undefined): number => {
  const place = after === undefined ? 0 : ids.indexOf(after) + 1;
  if (after !== undefined && place === 0) {
    throw new Failure('invalid', {
      code: 'query-invalid',
      message: 'There is no started campaign to go on after.',
      received: after,
      action: 'Give as after what the page before answered as next.',
    });
  }
  return place;
};

const ofCampaign = async (
  campaign: Campaign,
  customerId: CustomerId,
  ports: CustomerMessagesPorts,
): Promise<{ readonly shown: CampaignOfCustomer; readonly lookups: number }> => {
  const { runs, leftOut } = await runsOf(campaign, ports);
  const phases = placesOf(campaign, customerId, runs);
  const [found, states] = await Promise.all([
    Promise.all([...phases.keys()].map((id) => ports.deliveries.get(id))),
    hasJourneys(campaign) ? ports.journeys.of(campaign.campaignId, customerId) : [],
  ]);
  const deliveries = found
    .filter((delivery) => delivery !== undefined)
    .map((delivery) => shownDelivery(delivery, phases.get(delivery.deliveryId) ?? 'test'))
    .sort((a, b) => (a.preparedAt < b.preparedAt ? -1 : 1));
  const journeys = states.map(shownJourney).sort((a, b) => (a.enteredAt < b.enteredAt ? -1 : 1));
  const secrets = await ports.secrets.secrets();
  const { arm } = await memberOfRun(campaign, runs[0].runId, customerId, ports.clock.nowMs(), secrets, ports);
  const isEmpty = deliveries.length === 0 && journeys.length === 0;
  const { campaignId, name, status } = campaign;
  const shown = {
    campaignId,
    name,
    status,
    arm,
    deliveries,
    journeys,
    nothing: isEmpty ? nothingReason(campaign, arm) : null,
    ...(leftOut > 0 && { runsLeftOut: leftOut }),
  };
  return { shown, lookups: phases.size };
};

const nothingReason = (campaign: Campaign, arm: string): NothingReason => {
  if (isHeldOut(arm)) {
    return arm === globalHoldoutArm ? 'held-out-everywhere' : 'held-out';
  }
  return sends(campaign, arm) ? 'not-reached' : 'variant-sends-nothing';
};

interface RunPhases {
  readonly runId: string;
  readonly phases: readonly RunPhaseId['phase'][];
}

/** Newest first. An event enters customers into a run that has no row yet while its freeze is late. */
const runsOf = async (campaign: Campaign, { campaigns, clock }: CustomerMessagesPorts) => {
  const rows = await campaigns.runs(campaign.campaignId);
  const all = rows.map(
    ({ runId, phases }): RunPhases => ({
      runId,
      phases: phases.rollout === undefined ? ['test'] : ['test', 'rollout'],
    }),
  );
  const { runId } = eventRunAt(campaign, clock.nowMs()) ?? all.at(-1) ?? firstRun(campaign);
  const runs: readonly RunPhases[] = all.some((run) => run.runId === runId)
    ? all
    : [...all, { runId, phases: ['test'] }];
  return {
    runs: runs.toReversed().slice(0, customerRunsCountMax),
    leftOut: Math.max(0, runs.length - customerRunsCountMax),
  };
};

/** Where a delivery may stand: its id, and the phase it would be of. */
const placesOf = (campaign: Campaign, customerId: CustomerId, runs: readonly RunPhases[]) => {
  const steps = new Set(messagesOf(campaign).map(({ stepId }) => stepId));
  return new Map(
    runs.flatMap(({ runId, phases }) =>
      phases.flatMap((phase) =>
        [...steps].map(
          (stepId) => [deliveryIdOf(campaign, runId, phase, customerId, stepId), phase] as const,
        ),
      ),
    ),
  );
};

const shownDelivery = (delivery: Delivery, phase: RunPhaseId['phase']): ShownDelivery => {
  const { campaignId: _c, customerId: _i, counted: _n, sendingBy: _b, sendingAt: _a, ...shown } = delivery;
  return { ...shown, phase };
};

const shownJourney = (state: JourneyState): ShownJourney => {
  const { runId, phase, stepId, enteredAt, dueAt, awaits, waitsFor, path, ended, member } = state;
  return {
    runId,
    phase,
    variant: member.arm,
    stepId,
    enteredAt,
    dueAt,
    path,
    ...(awaits !== undefined && { awaits }),
    ...(waitsFor !== undefined && { waitsFor }),
    ...(ended !== undefined && { ended }),
  };
};
