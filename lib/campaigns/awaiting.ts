// The events a campaign waits for now: the one that enters customers into an event campaign, and those that some step of
// a journey waits for. Asked by the archive for each batch, so a few hundred bytes a campaign.
// Times are ISO 8601. A rollout goes on after its campaign has finished.

import { dayMs } from '../base/time.ts';
import type { EventCampaign } from '../ports.ts';
import type { Campaign } from './campaign.ts';
import { awaitedEvents } from './journey-state.ts';
import { startsAt } from './schedule.ts';

export const awaitingNow = (campaign: Campaign): readonly EventCampaign[] => {
  const { campaignId, status, trigger, rollout } = campaign;
  const isOpen = status === 'running' || status === 'paused';
  const entry =
    isOpen && trigger.kind === 'event'
      ? [{ campaignId, event: trigger.event, startsAt: trigger.startsAt, endsAt: trigger.endsAt }]
      : [];
  const goesOn = isOpen || (status === 'finished' && rollout === 'automatic');
  const woken = goesOn ? awaitedEvents(campaign) : [];
  return [
    ...entry,
    ...woken.map((event) => ({ campaignId, event, ...journeyPeriod(campaign), wakes: true })),
  ];
};

/** Whether it waits for any event at some time of its life. */
export const awaitsEvents = (campaign: Campaign): boolean =>
  campaign.trigger.kind === 'event' || awaitedEvents(campaign).length > 0;

/** When the last of its journeys is over for certain. */
export const awaitsUntilMs = ({ trigger, startedAt, createdAt, windowDays, rollout }: Campaign): number => {
  const lastMs =
    trigger.kind === 'at'
      ? Math.max(Date.parse(startsAt(trigger)), Date.parse(startedAt ?? createdAt))
      : Date.parse(trigger.endsAt);
  // A day more: looks come late by minutes, and a rollout begins after the last of them.
  return lastMs + ((rollout === 'automatic' ? 2 : 1) * windowDays + 1) * dayMs;
};

const journeyPeriod = (campaign: Campaign): Pick<EventCampaign, 'startsAt' | 'endsAt'> => ({
  startsAt: campaign.startedAt ?? campaign.createdAt,
  endsAt: new Date(awaitsUntilMs(campaign)).toISOString(),
});
