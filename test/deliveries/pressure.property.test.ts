// Who may get what when, over random consents, caps, quiet hours, expiries and time zones, by an oracle that shares nothing
// with the code it judges: it looks at the clock on the wall minute by minute and counts what was sent day by day.
//   no forbidden send      each message that went out was wanted, not in quiet hours, within every cap, before its end
//   no permitted send lost each other one has a reason that was true when it was given; one given for lack of time means
//                          that no quarter of an hour since its start would have been allowed

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deferralMarginMs } from '../../lib/base/limits.ts';
import type { CapSetting } from '../../lib/base/settings.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import type { Channel } from '../../lib/events/customer.ts';
import {
  type Case,
  cases,
  dayMs,
  type Ended,
  hourMs,
  profileAt,
  type Sent,
  simulate,
  zones,
} from './pressure-cases.ts';

// ---- the oracle --------------------------------------------------------------------------------------

const clocks = new Map(
  zones.map((timeZone) => [
    timeZone as string,
    new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
  ]),
);

const hourOnTheWall = (given: Case, atMs: number): number => {
  const clock = clocks.get(given.profile.timeZone ?? '') ?? clocks.get(given.settings.timeZone);
  return Number(clock?.format(atMs).slice(0, 2));
};

const isQuiet = (given: Case, campaign: Campaign, atMs: number): boolean => {
  const { fromHour, toHour } = campaign.quietHours ?? given.settings.quietHours;
  const quiet: number[] = [];
  for (let hour = fromHour; hour !== toHour; hour = (hour + 1) % 24) quiet.push(hour);
  return quiet.includes(hourOnTheWall(given, atMs));
};

/** Why the channel is closed to this purpose, in the words of the delivery. */
const closed = (given: Case, campaign: Campaign, channel: Channel, atMs: number): string | undefined => {
  const profile = profileAt(given, atMs);
  const said = profile.consents?.[channel]?.[campaign.purpose];
  if (channel === 'email') {
    if (profile.email === undefined) return 'no-email';
    if (profile.suppressed.email !== undefined) return 'bounced';
    if (profile.email.includes(',')) return 'email-invalid';
  } else {
    if (profile.phone === undefined) return 'no-phone';
    if (profile.phone.length < 5) return 'phone-invalid';
  }
  if (said?.given === false) return 'consent-withdrawn';
  const isNeeded = given.settings.consentRequired[channel];
  return isNeeded && said === undefined ? 'consent-not-given' : undefined;
};

const dateOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

/** Most messages that the cap counts in any stretch of its days. */
const fullest = (cap: CapSetting, sent: readonly Sent[]): number => {
  const counted = sent.filter(({ channel }) => cap.channel === undefined || cap.channel === channel);
  const stretches = counted.map(({ atMs }) => {
    const dates = Array.from({ length: cap.days }, (_, index) => dateOf(atMs + index * dayMs));
    return counted.filter((one) => dates.includes(dateOf(one.atMs))).length;
  });
  return Math.max(0, ...stretches);
};

const isOverACap = (given: Case, sent: readonly Sent[]): boolean =>
  given.settings.caps.some((cap) => fullest(cap, sent) > cap.deliveriesMax) ||
  given.campaigns.some((campaign) =>
    (campaign.caps ?? []).some(
      (cap) =>
        fullest(
          cap,
          sent.filter((one) => one.campaign.campaignId === campaign.campaignId),
        ) > cap.deliveriesMax,
    ),
  );

/** The last moment of the campaign's message. */
const endOf = (campaign: Campaign, startMs: number): number => {
  const { action } = campaign.variants[0];
  const offerEnd = action.kind === 'coupon' ? action.offer.expiresAt : undefined;
  return Math.min(
    startMs + (campaign.deliverWithinHours ?? campaign.windowDays * 24) * hourMs,
    offerEnd === undefined ? Number.POSITIVE_INFINITY : Date.parse(offerEnd),
  );
};

/** Allowed at that moment by everything that is not a preference, on some channel. */
const isAllowed = (given: Case, campaign: Campaign, atMs: number, sent: readonly Sent[]): boolean =>
  !isQuiet(given, campaign, atMs) &&
  campaign.channels.some(
    (channel) =>
      closed(given, campaign, channel, atMs) === undefined &&
      !isOverACap(given, [...sent.filter((one) => one.atMs <= atMs), { campaign, channel, atMs }]),
  );

const quarters = (fromMs: number, toMs: number): number[] =>
  Array.from(
    { length: Math.max(0, Math.ceil((toMs - fromMs) / (hourMs / 4))) },
    (_, index) => fromMs + (index * hourMs) / 4,
  );

const isTrue = (
  given: Case,
  { campaign, startMs, firstMs, outcome, atMs }: Ended,
  sent: readonly Sent[],
): boolean => {
  const open = campaign.channels.filter((channel) => closed(given, campaign, channel, atMs) === undefined);
  const endMs = endOf(campaign, startMs);
  switch (outcome.reason) {
    case 'capped':
      return open.every((channel) =>
        isOverACap(given, [...sent.filter((one) => one.atMs <= atMs), { campaign, channel, atMs }]),
      );
    case 'offer-expired':
    case 'too-late':
      // A round may come late by some minutes, and waits are kept so long before the end.
      return (
        atMs >= endMs &&
        quarters(firstMs, endMs - deferralMarginMs).every((each) => !isAllowed(given, campaign, each, sent))
      );
    case 'quiet-until-too-late':
      return (
        quarters(atMs, endMs).every((each) => isQuiet(given, campaign, each)) &&
        quarters(firstMs, endMs - deferralMarginMs).every((each) => !isAllowed(given, campaign, each, sent))
      );
    case 'no-channel':
      return open.length === 0 && campaign.channels.length > 1;
    default:
      return (
        campaign.channels.length === 1 &&
        closed(given, campaign, campaign.channels[0], atMs) === outcome.reason
      );
  }
};

// ---- the property ------------------------------------------------------------------------------------

const tally = new Map<string, number>();
const count = (reason: string): void => void tally.set(reason, (tally.get(reason) ?? 0) + 1);

const check = async (given: Case): Promise<void> => {
  const { ended, sent, waits } = await simulate(given);
  for (const reason of waits) count(reason);
  expect(ended).toHaveLength(given.campaigns.length);
  expect(isOverACap(given, sent)).toBe(false);
  for (const { campaign, channel, atMs } of sent) {
    expect(isQuiet(given, campaign, atMs)).toBe(false);
    expect(closed(given, campaign, channel, atMs)).toBeUndefined();
  }
  for (const end of ended) {
    const { campaign, startMs, outcome } = end;
    const own = sent.filter((one) => one.campaign === campaign);
    count(outcome.reason ?? outcome.kind);
    if (outcome.kind === 'sent') {
      expect(own).toHaveLength(1);
      expect(own[0].atMs).toBeLessThan(endOf(campaign, startMs));
    } else {
      expect([outcome, own]).toEqual([{ kind: 'suppressed', reason: expect.any(String) }, []]);
      expect({ outcome, isTrue: isTrue(given, end, sent) }).toEqual({ outcome, isTrue: true });
    }
  }
};

describe('whoever may get a message gets it, and nobody else', () => {
  it('whatever the consents, caps, quiet hours, expiries and time zones', async () => {
    await fc.assert(fc.asyncProperty(cases, check), { numRuns: 2_000 });
    // The cases reach every way to end.
    for (const reason of [
      'sent',
      'quiet-hours',
      'send-time',
      'yields',
      'capped',
      'too-late',
      'offer-expired',
      'quiet-until-too-late',
      'no-channel',
      'no-phone',
      'no-email',
      'phone-invalid',
      'email-invalid',
      'bounced',
      'consent-withdrawn',
      'consent-not-given',
    ]) {
      expect(tally.get(reason) ?? 0, reason).toBeGreaterThan(0);
    }
  });
});
