import { describe, expect, it } from 'vitest';
import { Failure } from '../../lib/base/errors.ts';
import { customerId } from '../../lib/base/ids.ts';
import type { MessageAction } from '../../lib/campaigns/campaign.ts';
import { checkDefinition } from '../../lib/campaigns/definition.ts';
import { exclusion } from '../../lib/campaigns/eligibility.ts';
import { evaluateCondition } from '../../lib/campaigns/evaluate.ts';
import { catalogueOf } from '../../lib/campaigns/fact-items.ts';
import { customerFacts } from '../../lib/campaigns/facts.ts';
import { focusItems } from '../../lib/campaigns/focus.ts';
import { enterJourney, leaveStep, type WalkContext } from '../../lib/campaigns/journey-walk.ts';
import { createFromStrategy, listStrategies, strategies } from '../../lib/campaigns/strategies/strategies.ts';
import { defaultTemplates } from '../../lib/deliveries/default-templates.ts';
import { renderLiquid } from '../../lib/deliveries/liquid.ts';
import type { MailVariables } from '../../lib/deliveries/mail-variables.ts';
import { sampleVariables } from '../../lib/deliveries/sample-variables.ts';
import { checkTemplates } from '../../lib/deliveries/template-check.ts';
import type { Language } from '../../lib/events/customer.ts';
import { mailOf } from '../deliveries/mail-of.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { dayMs, iso, profile, settings, t0, templateRules } from './sample.ts';
import { catalogue, stateOf, strategyCases } from './strategy-cases.ts';

const rules = { ...templateRules, check: checkTemplates, defaults: defaultTemplates };
const defined = strategies.map((strategy) => ({
  strategy,
  name: strategy.name,
  definition: strategy.define(strategyCases[strategy.name]?.parameters ?? {}, t0),
}));
const languages: readonly Language[] = ['en', 'zh-CN'];

const messagesOf = ({ definition }: (typeof defined)[number]): readonly MessageAction[] =>
  definition.variants.flatMap(({ action }) =>
    action.kind === 'journey'
      ? action.steps.flatMap((step) => (step.kind === 'send' ? [step.message] : []))
      : action.kind === 'none'
        ? []
        : [action],
  );

/** As sent: a referral's message knows its code. */
const variablesOf = (message: MessageAction, language: Language): MailVariables => ({
  ...sampleVariables(
    language,
    message.kind === 'coupon' && message.offer.referral !== undefined ? 'referral' : message.kind,
  ),
});

describe('every strategy', () => {
  it('has a case here, a name for a path and texts in both languages', () => {
    expect(Object.keys(strategyCases).sort()).toEqual(strategies.map(({ name }) => name).sort());
    for (const { name, title, purpose, when } of strategies) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      for (const text of [title, purpose, when]) {
        expect(text['zh-CN'], name).toMatch(/\p{Script=Han}/u);
        expect(text.en, name).not.toMatch(/\p{Script=Han}/u);
      }
    }
  });

  it.each(defined)(
    '$name is a valid campaign as it stands, and leaves nothing to defaults',
    ({ definition }) => {
      const checked = checkDefinition(definition, rules);
      expect(checked.defaults).toEqual({});
      expect(checked.definition).toEqual(definition);
    },
  );

  it.each(defined)('$name has a holdout, and a window that its messages fall into', ({ definition }) => {
    expect(definition.holdoutShare).toBe(0.1);
    const longestDays = Math.max(
      ...definition.variants.map(({ action }) =>
        action.kind === 'journey'
          ? action.steps.reduce((sum, step) => sum + (step.kind === 'wait' ? step.hours : 0), 0) / 24
          : 0,
      ),
    );
    expect(definition.windowDays).toBeGreaterThan(longestDays + 5);
  });

  it.each(defined)('$name addresses the right customers and no others', ({ name, definition }) => {
    const { belongs, doesNot } = strategyCases[name];
    const excluded = (change: (typeof belongs)[string]) =>
      exclusion(
        definition,
        { profile: profile('ada'), state: stateOf(change) },
        { items: catalogue, nowMs: t0, settings, salt: '' },
      );
    for (const [who, change] of Object.entries(belongs)) expect(excluded(change), who).toBeUndefined();
    for (const [who, change] of Object.entries(doesNot)) expect(excluded(change), who).toBeDefined();
  });

  it.each(defined)('$name renders strictly in both languages, on every channel', (one) => {
    for (const message of messagesOf(one)) {
      for (const language of languages) {
        const template = message.templates[language];
        const variables = variablesOf(message, language);
        const mail = mailOf(message.templates, language, variables, { strict: true });
        const short = [template?.sms, template?.push?.title, template?.push?.body, template?.inApp?.body].map(
          (source) => renderLiquid(source ?? '', 'plain', variables, { strict: true }),
        );
        const words = [mail.subject, mail.html.replaceAll(/<[^>]*>/g, ' '), mail.text, ...short];
        expect(words.every((text) => text.trim() !== '')).toBe(true);
        expect(words.join('\n')).not.toMatch(/undefined|\{\{|\}\}|\[object/);
        if (language === 'zh-CN') {
          // Half-width marks beside a Chinese character.
          expect(words.join('\n').match(/\p{Script=Han}[,:;!?()]|[,:;!?(]\p{Script=Han}/gu)).toBeNull();
        }
      }
    }
  });

  it.each(defined)('$name says the true end of every code it gives', (one) => {
    for (const message of messagesOf(one).filter(({ kind }) => kind === 'coupon')) {
      for (const language of languages) {
        const variables = variablesOf(message, language);
        const { html, text } = mailOf(message.templates, language, variables);
        const end = variables.coupon?.deadlineText ?? 'none';
        expect(html).toContain(end);
        expect(text).toContain(end);
      }
    }
  });
});

describe('the arms of a strategy', () => {
  it('differ in what is tested: the coupon arm of a cart is the reminder arm and a coupon later', () => {
    const found = defined.find(({ name }) => name === 'abandoned-cart');
    const [reminder, coupon] = (found?.definition.variants ?? []).map(({ action }) =>
      action.kind === 'journey' ? action.steps : [],
    );
    expect(coupon.slice(0, reminder.length)).toEqual(reminder);
    expect(coupon.slice(reminder.length).map(({ kind }) => kind)).toEqual(['wait', 'send']);
  });

  it('of a win-back that repeats meet everybody who lapses exactly once', () => {
    const winBack = strategies.find(({ name }) => name === 'win-back');
    const definition = winBack?.define({ repeats: true, lapsedDays: 60, runsForDays: 300 }, t0);
    if (definition?.trigger.kind !== 'recurring') throw new Error('it repeats');
    const runs = Array.from({ length: 10 }, (_, index) => t0 + index * 30 * dayMs);
    for (let hours = 0; hours < 30 * 24; hours += 5) {
      const atMs = t0 + hours * 3_600_000 - 40 * dayMs;
      const state = stateOf({ orders: { o: { atMs, value: 1, refundedValue: 0 } } });
      const met = runs.filter(
        (nowMs) =>
          exclusion(
            definition,
            { profile: profile('ada'), state },
            { items: catalogue, nowMs, settings, salt: '' },
          ) === undefined,
      );
      expect(met).toHaveLength(1);
    }
    // Who buys with a code and lapses again gets another one, and it must be good too.
    const [{ action }] = definition.variants;
    expect(action.kind === 'coupon' && action.offer.redemptionsPerCustomerMax).toBe(10);
  });

  it('of a limited-time offer hold one end for all, by default five days after the start', () => {
    const limited = strategies.find(({ name }) => name === 'limited-time-offer');
    const offerOf = (parameters: object) => {
      const action = limited?.define(parameters, t0).variants[0].action;
      return action?.kind === 'coupon' ? action.offer : undefined;
    };
    expect(offerOf({})?.expiresAt).toBe(iso(t0 + 5 * dayMs));
    expect(offerOf({ endsAt: '2026-03-08T20:00:00+02:00' })?.expiresAt).toBe('2026-03-08T18:00:00.000Z');
    expect(offerOf({})).not.toHaveProperty('expiresAfterDays');
  });

  /** The sends that have something to say, with the days before the end at which they go out. */
  const remindersOf = (days: number, left: number, quietDays: number) => {
    const definition = strategies.find(({ name }) => name === 'renewal-reminder')?.define({ days }, t0);
    const journey = definition?.variants[0].action;
    if (definition === undefined || journey?.kind !== 'journey') throw new Error('it is a journey');
    const state = stateOf({ owned: { plan: { purchasedAtMs: t0 + (left - 30) * dayMs } } });
    const walkAt = (nowMs: number): WalkContext => ({
      nowMs,
      salt: 'salt',
      customerId: customerId('ada'),
      timeZone: 'UTC',
      holds: (condition) => evaluateCondition(condition, customerFacts({ state }, catalogue, nowMs)),
    });
    const sent: (readonly [stepId: string, daysLeft: number])[] = [];
    let at = enterJourney(journey, walkAt(t0));
    while (at.ended === undefined) {
      const isSend = journey.steps.some(({ stepId, kind }) => stepId === at.stepId && kind === 'send');
      const nowMs = Date.parse(at.dueAt) + (isSend ? quietDays * dayMs : 0);
      if (
        isSend &&
        focusItems('expiring', definition.trigger, state, catalogueOf(catalogue), nowMs).length > 0
      ) {
        sent.push([at.stepId, left - (nowMs - t0) / dayMs]);
      }
      at = leaveStep(journey, at, 'done', walkAt(nowMs));
    }
    return sent;
  };

  it('of a renewal come before, on and after the date, for every number of days and whoever enters late', () => {
    for (let days = 2; days <= 30; days++) {
      for (let entered = 2; entered <= days; entered++) {
        for (const [left, quietDays] of [
          [entered, 0],
          [entered - 0.5, 0],
          [entered - 0.1, 0.4],
        ]) {
          const reminders = remindersOf(days, left, quietDays);
          const who = `${days} days, entered with ${left}`;
          expect(
            reminders.map(([stepId]) => stepId),
            who,
          ).toEqual(['before', 'last-day', 'after']);
          const [, onIt, afterIt] = reminders.map(([, daysLeft]) => daysLeft);
          expect(onIt, who).toBeLessThanOrEqual(1);
          expect(onIt, who).toBeGreaterThanOrEqual(-quietDays);
          expect(afterIt, who).toBeLessThanOrEqual(0);
        }
      }
    }
  });

  it('of a renewal do not come twice at once to those who enter on the last day', () => {
    expect(remindersOf(7, 0.5, 0).map(([stepId]) => stepId)).toEqual(['before', 'after']);
  });

  it('of a cart lead back to it where its address is given, and else promise no more than a look at the first item', () => {
    const cart = strategies.find(({ name }) => name === 'abandoned-cart');
    const mails = (parameters: object) => {
      const action = cart?.define(parameters, t0).variants[1].action;
      const steps = action?.kind === 'journey' ? action.steps : [];
      return steps.flatMap((step) =>
        step.kind === 'send'
          ? [mailOf(step.message.templates, 'en', sampleVariables('en', 'coupon'), { strict: true }).text]
          : [],
      );
    };
    const [bare, given] = [mails({}), mails({ cartUrl: 'https://shop.example/cart?from=mail' })];
    expect([bare.length, given.length]).toEqual([2, 2]);
    for (const text of bare) {
      expect(text).toContain('Take a look: https://shop.example/courses/probability?reprise=decision-1');
      expect(text).not.toContain('Back to the cart');
    }
    for (const text of given) {
      expect(text).toContain('Back to the cart: https://shop.example/cart?from=mail&reprise=decision-1');
    }
  });

  it('of a free chapter show its title as it is, whatever stands in it', () => {
    const title = 'Ten "rules" }} {{ customer.id }} {% assign x = 1 %} & more';
    const chapter = strategies.find(({ name }) => name === 'free-chapter');
    const definition = chapter?.define({ contentTitle: title, contentUrl: 'https://shop.example/free' }, t0);
    const action = definition?.variants[0].action;
    if (action?.kind !== 'reminder') throw new Error('it is a reminder');
    const mail = mailOf(action.templates, 'en', sampleVariables('en', 'reminder'), { strict: true });
    expect(mail.subject).toBe(`Free for you: ${title}`);
    expect(mail.html).toContain('&#34;rules&#34; }} {{ customer.id }} {% assign x = 1 %} &amp; more');
    expect(mail.text).toContain('Open it now: https://shop.example/free?reprise=decision-1');
  });
});

describe('strategies through the API', () => {
  const ports = () => {
    const campaigns = memoryCampaignStore([]);
    return {
      campaigns,
      coupons: fakeCouponStore(),
      catalog: fakeCatalogStore(),
      workflows: { startTraining: async () => {}, startCampaign: async () => {} },
      clock: { nowMs: () => t0 },
      random: { bytes: (count: number) => new Uint8Array(count) },
      templates: rules,
    };
  };

  it('are listed with their parameters as JSON Schema, described in both languages', () => {
    const { strategies: listed } = JSON.parse(JSON.stringify(listStrategies()));
    expect(listed).toHaveLength(strategies.length);
    const cart = listed.find(({ name }: { name: string }) => name === 'abandoned-cart');
    expect(cart.parameters).toMatchObject({
      type: 'object',
      additionalProperties: false,
      properties: { delayHours: { type: 'integer', default: 4, minimum: 1 } },
    });
    for (const { parameters } of listed) {
      for (const parameter of Object.values<{ [keyword: string]: unknown }>(parameters.properties)) {
        expect(parameter.description).toMatch(/\S/);
        expect(parameter['description-zh-CN']).toMatch(/\p{Script=Han}/u);
      }
    }
  });

  it('become a draft that starts now, under the name that is given', async () => {
    const at = ports();
    const made = await createFromStrategy('win-back', { name: 'Spring', parameters: { percent: 25 } }, at);
    expect(made).toMatchObject({ name: 'Spring', status: 'draft', trigger: { kind: 'at', at: iso(t0) } });
    expect(made.variants[0]).toMatchObject({ action: { offer: { discount: { percent: 25 } } } });
    expect(await at.campaigns.get(made.campaignId)).toMatchObject({ name: 'Spring', revision: 1 });
  });

  it('name every bad parameter at once, and keep nothing', async () => {
    const at = ports();
    const bad = { percent: 120, couponDays: 0, colour: 'red', holdoutShare: 0 };
    const failure: unknown = await createFromStrategy('win-back', { parameters: bad }, at).catch(
      (error: unknown) => error,
    );
    if (!(failure instanceof Failure)) throw new Error('it is a Failure');
    expect(failure.detail.code).toBe('parameters-invalid');
    expect(failure.detail.problems?.map(({ path }) => path).sort()).toEqual([
      'colour',
      'couponDays',
      'holdoutShare',
      'percent',
    ]);
    expect(await at.campaigns.list()).toEqual([]);
  });

  it('that are not there are answered with those that are', async () => {
    await expect(createFromStrategy('luck', {}, ports())).rejects.toMatchObject({
      kind: 'not-found',
      detail: { action: expect.stringContaining('abandoned-cart') },
    });
  });
});
