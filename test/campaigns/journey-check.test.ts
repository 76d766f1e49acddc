import { describe, expect, it } from 'vitest';
import { Failure, type Problem } from '../../lib/base/errors.ts';
import { checkDefinition, type TemplateRules } from '../../lib/campaigns/definition.ts';
import { journeyExtent } from '../../lib/campaigns/journey-check.ts';
import { templates } from './sample.ts';

const rules: TemplateRules = {
  check: ({ en }) =>
    en.html?.includes('{% broken') ? [{ path: 'templates.en.html', message: 'tag broken is unknown' }] : [],
  defaults: { coupon: templates, reminder: templates, reward: templates },
};

const message = { kind: 'reminder' as const, templates };
const send = (stepId: string) => ({ stepId, kind: 'send' as const, message });

const campaignWith = (steps: readonly object[], change: object = {}) => ({
  name: 'Welcome',
  audience: { all: [] },
  trigger: { kind: 'at', at: '2026-03-01T10:00:00Z' },
  variants: [{ name: 'journey', weight: 1, action: { kind: 'journey', steps } }],
  windowDays: 14,
  ...change,
});

const problemsOf = (input: unknown): readonly Problem[] => {
  try {
    checkDefinition(input, rules);
    return [];
  } catch (error) {
    if (error instanceof Failure) return error.detail.problems ?? [];
    throw error;
  }
};
const problemsIn = (steps: readonly object[], change: object = {}): readonly Problem[] =>
  problemsOf(campaignWith(steps, change)).map(({ path, message: text }) => ({
    path: path.replace('variants.0.action.', ''),
    message: text,
  }));

const whole = [
  send('hello'),
  { stepId: 'pause', kind: 'wait', hours: 48 },
  { stepId: 'morning', kind: 'wait-until-hour', hour: 9 },
  {
    stepId: 'bought-before',
    kind: 'branch',
    condition: { fact: 'orders', op: 'gte', value: 2 },
    otherwise: 'newcomer',
  },
  {
    stepId: 'halves',
    kind: 'split',
    paths: [
      { weight: 0.25, next: 'loyal' },
      { weight: 0.75, next: 'end' },
    ],
  },
  { ...send('loyal'), next: 'end' },
  { stepId: 'newcomer', kind: 'wait-for-event', event: 'Course Started', hours: 72, timedOut: 'nudge' },
  { stepId: 'end', kind: 'exit' },
  send('nudge'),
] as const;

describe('a journey in a campaign', () => {
  it('is kept as given, with its default and templates', () => {
    const bare = campaignWith([{ stepId: 'a', kind: 'send', message: { kind: 'reminder' } }]);
    const { definition, defaults } = checkDefinition(bare, rules);
    expect(definition.variants[0].action).toEqual({
      kind: 'journey',
      steps: [send('a')],
      exitOnPurchase: true,
    });
    expect(defaults).toMatchObject({
      'variants.0.action.exitOnPurchase': true,
      'variants.0.action.steps.0.message.templates': 'built-in',
    });
    expect(problemsIn(whole)).toEqual([]);
  });

  it('states its longest time and its most messages along one path', () => {
    // 48 + 25 + 72 hours: through `newcomer` to `nudge`; `hello` and one of `loyal`, `nudge`.
    const { definition } = checkDefinition(campaignWith(whole), rules);
    const { action } = definition.variants[0];
    expect(action.kind === 'journey' && journeyExtent(action)).toEqual({ longestHours: 145, messagesMax: 2 });
  });

  it('must be shorter than the window in which an order counts', () => {
    const steps = [send('a'), { stepId: 'w', kind: 'wait', hours: 24 * 14 }];
    expect(problemsIn(steps)).toEqual([
      { path: 'steps', message: expect.stringContaining('take up to 336 hours, but an order counts within') },
    ]);
    expect(problemsIn(steps, { windowDays: 15 })).toEqual([]);
    // A year at the most, whatever the window.
    const year = [
      send('a'),
      { stepId: 'w', kind: 'wait', hours: 8760 },
      { stepId: 'x', kind: 'wait', hours: 1 },
    ];
    expect(problemsIn(year, { windowDays: 365 })).toEqual([
      { path: 'steps', message: 'take up to 8761 hours; at most 8760 are allowed' },
    ]);
  });

  it('must be shorter than deliverWithinHours, after which nothing of it would be sent', () => {
    const steps = [send('a'), { stepId: 'w', kind: 'wait', hours: 48 }, send('b')];
    expect(problemsIn(steps, { deliverWithinHours: 49 })).toEqual([]);
    expect(problemsIn(steps, { deliverWithinHours: 48 })).toEqual([
      { path: 'steps', message: expect.stringContaining('take up to 48 hours, but nothing is sent later') },
    ]);
  });

  it('names every problem of its steps at once', () => {
    expect(
      problemsIn([
        { stepId: 'wait', kind: 'wait', hours: 1, next: 'nowhere' },
        { stepId: 'wait', kind: 'branch', condition: { fact: 'orders', op: 'gte' }, otherwise: 'wait' },
        {
          stepId: 'split',
          kind: 'split',
          paths: [
            { weight: 0.5, next: 'end' },
            { weight: 0.4, next: 'wait' },
          ],
        },
        { stepId: 'end', kind: 'exit' },
      ]),
    ).toEqual([
      { path: 'steps.1.condition.value', message: expect.any(String) },
      { path: 'steps.1.stepId', message: 'wait is used by an earlier step; step ids must differ' },
      { path: 'steps.0.next', message: 'no step has the id nowhere' },
      { path: 'steps.1.otherwise', message: expect.stringContaining('forward only') },
      { path: 'steps.2.paths.1.next', message: expect.stringContaining('forward only') },
      { path: 'steps.2.paths', message: 'weights must sum to 1; they sum to 0.9' },
      { path: 'steps', message: 'send nothing; at least one step must be of kind send' },
    ]);
  });

  it('refuses steps that nothing leads to, and shapes that no step has', () => {
    expect(problemsIn([send('a'), { stepId: 'x', kind: 'exit' }, send('b'), send('c')])).toEqual([
      { path: 'steps.2', message: 'is never reached: no step leads to it' },
      { path: 'steps.3', message: 'is never reached: no step leads to it' },
    ]);
    expect(
      problemsIn([{ stepId: 'a b', kind: 'wait', hours: 0 }, send('b')]).map(({ path }) => path),
    ).toEqual(['steps.0.stepId', 'steps.0.hours']);
    expect(problemsIn(Array.from({ length: 51 }, (_, index) => send(`s${index}`)))).toHaveLength(1);
  });

  it('names problems of a template with the step that sends it', () => {
    const broken = { ...message, templates: { en: { ...templates.en, html: '{% broken' } } };
    expect(problemsIn([send('a'), { ...send('b'), message: broken }])).toEqual([
      { path: 'steps.1.message.templates.en.html', message: 'tag broken is unknown' },
    ]);
  });
});
