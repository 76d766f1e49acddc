import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultMetrics } from '../../lib/assignment/metric-plan.ts';
import { Failure, type Problem } from '../../lib/base/errors.ts';
import { checkDefinition, type TemplateRules } from '../../lib/campaigns/definition.ts';
import { templates } from './sample.ts';

const rules: TemplateRules = {
  check: ({ en }) =>
    en.html?.includes('{% broken') ? [{ path: 'templates.en.html', message: 'tag broken is unknown' }] : [],
  defaults: { coupon: templates, reminder: templates, reward: templates },
};

const valid = {
  name: 'Welcome back',
  audience: { all: [{ fact: 'orders', op: 'gte', value: 1 }] },
  trigger: { kind: 'at', at: '2026-03-01T10:00:00+01:00' },
  variants: [
    {
      name: 'coupon',
      weight: 0.4,
      action: {
        kind: 'coupon',
        offer: { discount: { kind: 'percent', percent: 15 }, expiresAfterDays: 14 },
        templates,
      },
    },
    { name: 'reminder', weight: 0.4, action: { kind: 'reminder', templates } },
    { name: 'nothing', weight: 0.2, action: { kind: 'none' } },
  ],
};

const problemsOf = (input: unknown): readonly Problem[] => {
  try {
    checkDefinition(input, rules);
    return [];
  } catch (error) {
    if (error instanceof Failure && error.kind === 'invalid') {
      return error.detail.problems ?? [];
    }
    throw error;
  }
};
const pathsOf = (input: unknown): readonly string[] => problemsOf(input).map(({ path }) => path);

describe('a campaign definition', () => {
  it('names each field that is missing once', () => {
    expect(problemsOf({})).toEqual([
      { path: 'name', message: 'is missing; a string is expected' },
      { path: 'trigger', message: 'is missing; an object is expected' },
      { path: 'variants', message: 'is missing; an array is expected' },
      { path: 'audience', message: expect.stringContaining('must be {"all": […]}') },
    ]);
  });

  it('names each channel once, and one at least', () => {
    const messages = (channels: unknown) => problemsOf({ ...valid, channels }).map(({ message }) => message);
    expect(messages(['email', 'in-app', 'email'])).toEqual([
      'names a channel twice; received ["email","in-app","email"]',
    ]);
    expect(messages([])).toEqual(['names no channel; received []']);
  });

  it('has places in the app that an app can name', () => {
    const at = (placement: unknown) => ({
      ...valid,
      channels: ['in-app'],
      variants: [
        {
          name: 'A',
          weight: 1,
          action: {
            kind: 'reminder',
            templates: { en: { ...templates.en, inApp: { title: 't', body: 'b', placement } } },
          },
        },
      ],
    });
    expect(problemsOf(at('home.top-2'))).toEqual([]);
    expect(problemsOf(at('top of home'))).toEqual([
      {
        path: 'variants.0.action.templates.en.inApp.placement',
        message: expect.stringMatching(/^Write 1 to 64 letters.*received top of home$/),
      },
    ]);
  });

  it('gets explicit defaults, each named in the answer', () => {
    const { definition, defaults } = checkDefinition(valid, rules);
    expect(defaults).toEqual({
      allocation: { kind: 'fixed' },
      holdoutShare: 0.1,
      purpose: 'marketing',
      channels: ['email'],
      priority: 0,
      sendTime: { kind: 'at-once' },
      recommendationsCount: 3,
      windowDays: 30,
      metrics: defaultMetrics,
      lookDays: [],
      decision: { kind: 'fixed' },
      rollout: 'manual',
      'variants.0.action.offer.redemptionsPerCodeMax': 1,
      'variants.0.action.offer.redemptionsPerCustomerMax': 1,
    });
    expect(definition).toMatchObject({
      ...valid,
      holdoutShare: 0.1,
      trigger: { at: '2026-03-01T09:00:00.000Z' },
    });
  });

  it('is the same when what was answered is sent again, with nothing left to default', () => {
    const { definition } = checkDefinition(valid, rules);
    expect(checkDefinition(JSON.parse(JSON.stringify(definition)), rules)).toEqual({
      definition,
      defaults: {},
    });
  });

  it('gets the default templates of its action where it gives none', () => {
    const bare = { ...valid, variants: [{ name: 'r', weight: 1, action: { kind: 'reminder' } }] };
    const { definition, defaults } = checkDefinition(bare, rules);
    expect(definition.variants[0].action).toEqual({ kind: 'reminder', templates });
    expect(defaults['variants.0.action.templates']).toBe('built-in');
    expect(definition.variants[0]?.action).toMatchObject({ templates });
  });

  it('is refused with every problem at once, of shape and of sense', () => {
    expect(
      pathsOf({
        ...valid,
        name: '',
        audience: { fact: 'order', op: 'gte', value: 1 },
        trigger: {
          kind: 'event',
          event: 'x',
          startsAt: '2026-03-02T00:00:00Z',
          endsAt: '2026-03-01T00:00:00Z',
        },
        variants: [
          {
            name: 'a',
            weight: 0.5,
            action: {
              kind: 'coupon',
              offer: { discount: { kind: 'percent', percent: 101 }, expiresAfterDays: 0 },
              templates: { en: { ...templates.en, html: '{% broken %}' } },
            },
          },
          { name: 'a', weight: 0.4, action: { kind: 'none' } },
          { name: 'holdout', weight: 0.4, action: { kind: 'none' } },
        ],
        holdoutShare: 0.6,
        windowDays: 10,
        lookDays: [5, 10, 5],
        rollout: 'automatic',
        colour: 'red',
      }).toSorted(),
    ).toEqual(
      [
        'audience.fact',
        'colour',
        'holdoutShare',
        'lookDays.1',
        'lookDays.2',
        'name',
        'rollout',
        'trigger.endsAt',
        'variants',
        'variants.0.action.offer.discount.percent',
        'variants.0.action.offer.expiresAfterDays',
        'variants.0.action.templates.en.html',
        'variants.1.name',
        'variants.2.name',
      ].toSorted(),
    );
  });

  it.each([
    ['no variant', { variants: [] }, 'variants'],
    ['a date without zone', { trigger: { kind: 'at', at: '2026-03-01T10:00:00' } }, 'trigger.at'],
    ['a day that does not exist', { trigger: { kind: 'at', at: '2026-02-30T10:00:00Z' } }, 'trigger.at'],
    ['a window of 0 days', { windowDays: 0 }, 'windowDays'],
    ['a window of 366 days', { windowDays: 366 }, 'windowDays'],
    ['a look at the default window', { lookDays: [30] }, 'lookDays.0'],
    [
      'an unknown way to spend the error',
      { decision: { kind: 'group-sequential', spending: 'all' } },
      'decision.spending',
    ],
    [
      'looks at customers who come one by one without a plan',
      {
        trigger: {
          kind: 'event',
          event: 'x',
          startsAt: '2026-03-01T00:00:00Z',
          endsAt: '2026-05-01T00:00:00Z',
        },
        decision: { kind: 'group-sequential' },
      },
      'decision.plannedCustomers',
    ],
    [
      'a look after the last window of an event campaign',
      {
        trigger: {
          kind: 'event',
          event: 'x',
          startsAt: '2026-03-01T00:00:00Z',
          endsAt: '2026-03-11T00:00:00Z',
        },
        lookDays: [39, 40],
      },
      'lookDays.1',
    ],
    ['a metric twice', { metrics: { secondary: ['orders', 'orders'] } }, 'metrics.secondary.1'],
    ['a cap that is no percentile', { metrics: { winsorize: 99 } }, 'metrics.winsorize'],
    ['hour 24', { quietHours: { fromHour: 21, toHour: 24 } }, 'quietHours.toHour'],
    ['an unknown trigger', { trigger: { kind: 'sometimes' } }, 'trigger.kind'],
    ['no audience', { audience: undefined }, 'audience'],
    ['a negative holdout', { holdoutShare: -0.1 }, 'holdoutShare'],
  ])('is refused with %s', (_, change, path) => {
    expect(pathsOf({ ...valid, ...change })).toEqual([path]);
  });

  it.each([[null], ['x'], [[]], [undefined], [3]])('is refused when it is %j', (input) => {
    expect(problemsOf(input).length).toBeGreaterThan(0);
  });

  it('offers nothing that nobody could use: over when it begins, worth nothing, beyond its budget, in no currency', () => {
    const pathsFor = (offer: object) =>
      pathsOf({
        ...valid,
        variants: [{ name: 'coupon', weight: 1, action: { kind: 'coupon', offer, templates } }],
      }).map((path) => path.replace('variants.0.action.offer.', ''));
    const percent = { kind: 'percent', percent: 10 };
    const ends = (expiresAt: string) => pathsFor({ discount: percent, expiresAt });
    // It begins at 09:00 UTC.
    expect(ends('2026-03-01T09:00:00Z')).toEqual(['expiresAt']);
    expect(ends('2026-03-01T09:00:01Z')).toEqual([]);
    const amount = (of: number, currency: string, change: object = {}) =>
      pathsFor({ discount: { kind: 'amount', amount: of, currency }, expiresAfterDays: 1, ...change });
    expect(amount(0.01, 'EUR')).toEqual([]);
    expect(amount(0.009, 'EUR')).toEqual(['discount.amount']);
    expect(amount(0.9, 'JPY')).toEqual(['discount.amount']);
    expect(amount(5, 'ERU')).toEqual(['discount.currency']);
    expect(amount(5, 'EUR', { budget: 5 })).toEqual([]);
    expect(amount(5, 'EUR', { budget: 4.99 })).toEqual(['budget']);
    expect(pathsFor({ discount: { kind: 'percent', percent: 0.001 }, expiresAfterDays: 1 })).toEqual([
      'discount.percent',
    ]);
  });

  it('asks for customers by channels that there are', () => {
    const on = (op: string, value: unknown) =>
      pathsOf({ ...valid, audience: { fact: 'channel', op, value } });
    expect(on('contains', 'push')).toEqual([]);
    expect(on('in', ['email', 'in-app'])).toEqual([]);
    expect(on('contains', 'fax')).toEqual(['audience.value']);
    expect(on('in', ['email', 'mail'])).toEqual(['audience.value']);
    expect(on('present', undefined)).toEqual([]);
  });

  it('tells of rewards in built-in words where it brings friends, and only there', () => {
    const offer = { discount: { kind: 'percent', percent: 10 }, expiresAfterDays: 7 };
    const referral = { reward: offer, waitDays: 14, rewardsMax: 2 };
    const of = (action: object) => ({
      ...valid,
      variants: [{ name: 'a', weight: 1, action: { kind: 'coupon', templates, ...action } }],
    });
    const friendly = checkDefinition(of({ offer: { ...offer, referral } }), rules);
    expect(friendly.defaults['variants.0.action.rewardMessage']).toBe('built-in');
    expect(friendly.definition.variants[0].action).toMatchObject({ rewardMessage: { templates } });
    expect(pathsOf(of({ offer, rewardMessage: { templates } }))).toEqual(['variants.0.action.rewardMessage']);
    const broken = { templates: { en: { ...templates.en, html: '{% broken %}' } } };
    expect(pathsOf(of({ offer: { ...offer, referral }, rewardMessage: broken }))).toEqual([
      'variants.0.action.rewardMessage.templates.en.html',
    ]);
  });

  it('chooses no depth for a code that several use, nor for a reward that is promised beforehand', () => {
    const chosen = {
      discount: { kind: 'percent', percent: 20, percentMin: 5 },
      margin: { share: 0.1 },
      expiresAfterDays: 7,
    };
    const plain = { discount: { kind: 'percent', percent: 20 }, expiresAfterDays: 7 };
    const of = (offer: object) =>
      pathsOf({
        ...valid,
        variants: [{ name: 'a', weight: 1, action: { kind: 'coupon', templates, offer } }],
      });
    const at = 'variants.0.action.offer';
    expect(of(chosen)).toEqual([]);
    expect(of({ ...chosen, sharedCode: 'SPRING' })).toEqual([`${at}.discount.percentMin`]);
    expect(of({ ...plain, referral: { reward: chosen, waitDays: 0 } })).toEqual([
      `${at}.referral.reward.discount.percentMin`,
    ]);
  });

  it('needs words for one of its channels in each message, and not for all of them', () => {
    const [coupon] = valid.variants;
    const on = (channels: readonly string[], en: object) => ({
      ...valid,
      channels,
      variants: [{ ...coupon, weight: 1, action: { kind: 'reminder', templates: { en } } }],
    });
    expect(pathsOf(on(['sms', 'push'], templates.en))).toEqual(['variants.0.action.templates.en']);
    expect(problemsOf(on(['sms', 'push'], templates.en))[0].message).toContain('give it sms or push');
    expect(pathsOf(on(['sms', 'push'], { ...templates.en, sms: 'Hello' }))).toEqual([]);
    expect(pathsOf(on(['sms', 'email'], templates.en))).toEqual([]);
  });

  it('needs no mail where it goes by other channels, a whole one where it begins one, and one where it goes by mail', () => {
    const [coupon] = valid.variants;
    const on = (channels: readonly string[] | undefined, en: object) =>
      pathsOf({
        ...valid,
        ...(channels && { channels }),
        variants: [{ ...coupon, weight: 1, action: { kind: 'reminder', templates: { en } } }],
      });
    const at = 'variants.0.action.templates.en';
    const push = { title: 'Hi', body: 'There' };
    expect(on(['push'], { push })).toEqual([]);
    expect(on(['email', 'push'], { push })).toEqual([]);
    expect(on(['push'], { push, subject: 's' })).toEqual([`${at}.html`]);
    expect(on(['push'], { push, text: 't' })).toEqual([`${at}.subject`, `${at}.html`]);
    expect(on(['push'], { push, html: 'h', text: 't' })).toEqual([`${at}.subject`]);
    expect(on(['email'], { subject: 's' })).toEqual([`${at}.html`]);
    expect(on(undefined, { push })).toEqual([at]);
    expect(on(['email'], {})).toEqual([at]);
  });

  it('is taken with weights exactly when they sum to 1', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 10 }),
        fc.boolean(),
        (parts, off) => {
          const total = parts.reduce((sum, part) => sum + part, 0) * (off ? 1.01 : 1);
          const variants = parts.map((part, index) => ({
            name: `v${index}`,
            weight: part / total,
            action: { kind: 'none' },
          }));
          expect(pathsOf({ ...valid, variants })).toEqual(off ? ['variants'] : []);
        },
      ),
    );
  });
});
