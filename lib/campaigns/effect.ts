// What an action on a campaign does and leaves undone, in a sentence for whoever called it.
// The numbers are those of lib/campaigns/{progress,trigger}.ts and lib/deliveries/batch.ts.

import { deliveryChunkCustomersCountMax, pauseCheckMsMax, triggerDelaySMax } from '../base/limits.ts';
import type { Campaign } from './campaign.ts';
import { hasJourneys } from './journey-state.ts';
import type { LifecycleAction } from './lifecycle.ts';

export const effectOf = (
  campaign: Pick<Campaign, 'trigger' | 'windowDays' | 'variants'>,
  action: Exclude<LifecycleAction, 'finish'>,
): string => {
  const { trigger, windowDays } = campaign;
  switch (action) {
    case 'start':
      return started(trigger);
    case 'pause':
      return `${paused} ${pausedMeanwhile(trigger, windowDays)}`;
    case 'resume':
      return trigger.kind === 'event' && !hasJourneys(campaign)
        ? `Those who wait are taken up again within ${triggerDelaySMax / 60} minutes.`
        : `Those who wait are taken up again within ${pauseCheckMsMax / 3_600_000} hours, sooner after a short pause.`;
    case 'cancel':
      return 'Nothing more is sent and no further result is made, for good. Coupons already sent stay valid until they expire.';
  }
};

const started = (trigger: Campaign['trigger']): string => {
  switch (trigger.kind) {
    case 'at':
      return `The audience is frozen, assigned and addressed once, at ${trigger.at} (at once if that is past).`;
    case 'recurring':
      return `A run freezes and addresses the audience at ${trigger.startsAt} (at once if that is past) and every ${days(trigger.everyDays)} from then until ${trigger.endsAt}.`;
    case 'before-expiry':
      return `Every day from ${trigger.startsAt} until ${trigger.endsAt}, those are addressed one of whose items ${ending(trigger.days)}, each ending once.`;
    case 'event':
      return `From now on, whoever sends "${trigger.event}" between ${trigger.startsAt} and ${trigger.endsAt} is assigned and addressed, each customer ${onceIn(trigger.entersEveryDays)}. Events that were already processed trigger nobody.`;
  }
};

const onceIn = (entersEveryDays: number | undefined): string =>
  entersEveryDays === undefined
    ? 'once'
    : `once in each run of ${entersEveryDays === 1 ? 'a day' : days(entersEveryDays)}, counted from the first of these instants; a journey's messages wait until that of an earlier run has ended`;

const paused = `Nothing more is sent, but for at most ${deliveryChunkCustomersCountMax} mails of each batch that is being delivered right now.`;

const pausedMeanwhile = (trigger: Campaign['trigger'], windowDays: number): string => {
  if (trigger.kind === 'event') {
    return `Whoever sends the event meanwhile waits, and is addressed after resume if they still belong to the audience and the event is less than ${days(windowDays)} old.`;
  }
  const waiting = 'Customers who were assigned and not yet reached wait; the window of measurement goes on.';
  return trigger.kind === 'at' ? waiting : `${waiting} A run that comes due meanwhile is left out.`;
};

const ending = (ahead: number): string =>
  ahead > 0
    ? `ends within ${days(ahead)}`
    : ahead === 0
      ? 'ended that day'
      : `ended ${days(-ahead)} ago and was not bought again`;

const days = (count: number): string => (count === 1 ? 'day' : `${count} days`);
