// A journey over the real local host, its clock moved by days: synthesized state machine, bundled functions, local
// services. Every expected number follows from who was assigned and from what is sent below.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../../local/demo/api.ts';
import type { LocalHost } from '../../local/host.ts';
import { type FlowHost, openFlowHost } from './flow-host.ts';
import { assignedArms, capture, importItems, learnerId, type Message, orderMessage } from './world.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
const learnersCount = 60;
let flow: FlowHost;
let host: LocalHost;
let admin: Api;
let startMs: number;

beforeAll(async () => {
  flow = await openFlowHost();
  ({ host, admin } = flow);
}, 180_000);
afterAll(() => flow?.close());

const settled = async (): Promise<void> => {
  await host.drain();
  await host.settle();
  await host.drain();
};
const moveTo = async (ms: number): Promise<void> => {
  await host.clock.advanceTo(ms);
  await settled();
};
const track = (learner: string, event: string, id: string): Message => ({
  type: 'track',
  messageId: `${event}-${id}-${learner}`,
  userId: learner,
  timestamp: new Date(host.clock.nowMs()).toISOString(),
  event,
  properties: { product_id: 'c0' },
});
const send = (stepId: string, more: object = {}) => {
  const part = `<p>${stepId} <a href="{{ unsubscribeUrl }}">off</a></p>`;
  const text = `${stepId} {{ unsubscribeUrl }}`;
  return {
    stepId,
    kind: 'send',
    message: { kind: 'reminder', templates: { en: { subject: `step ${stepId}`, html: part, text } } },
    ...more,
  };
};
/** Addresses by the step that mailed them. */
const mailed = async (): Promise<Map<string, string[]>> => {
  const byStep = new Map<string, string[]>();
  for (const { raw, to } of await host.mails()) {
    const step = /^Subject: step (\S+)/m.exec(raw)?.[1] ?? 'none';
    byStep.set(step, [...(byStep.get(step) ?? []), to[0].slice(0, 4)].sort());
  }
  return byStep;
};
const start = async (definition: object): Promise<string> => {
  const { campaignId } = await admin.post<{ readonly campaignId: string }>('/v1/admin/campaigns', {
    audience: { fact: 'orders', op: 'gte', value: 1 },
    holdoutShare: 0,
    recommendationsCount: 0,
    windowDays: 14,
    ...definition,
  });
  await admin.post(`/v1/admin/campaigns/${campaignId}/start`, { force: true });
  await settled();
  return campaignId;
};

describe('a journey on the local host', () => {
  let treated: string[];
  const isLoyal = (learner: string): boolean => Number(learner.slice(1)) % 2 === 1;

  it('greets everybody assigned, once', async () => {
    startMs = host.clock.nowMs();
    await importItems(host.apiUrl, host.keys.admin);
    const learners = Array.from({ length: learnersCount }, (_, index) => learnerId(index));
    await capture(host.apiUrl, host.keys.write, [
      ...learners.map(
        (userId): Message => ({
          type: 'identify',
          messageId: `identify-${userId}`,
          userId,
          timestamp: new Date(startMs - 30 * dayMs).toISOString(),
          traits: { email: `${userId}@example.com`, timezone: 'UTC' },
        }),
      ),
      ...learners.map((learner) => orderMessage(learner, 'c0', `${learner}-1`, startMs - 20 * dayMs)),
      ...learners
        .filter(isLoyal)
        .map((learner) => orderMessage(learner, 'c1', `${learner}-2`, startMs - 10 * dayMs)),
    ]);
    await host.drain();
    const campaignId = await start({
      name: 'journey',
      trigger: { kind: 'at', at: new Date(startMs).toISOString() },
      lookDays: [1, 4],
      variants: [
        {
          name: 'journey',
          weight: 1,
          action: {
            kind: 'journey',
            steps: [
              send('hello'),
              { stepId: 'pause', kind: 'wait', hours: 48 },
              {
                stepId: 'loyal',
                kind: 'branch',
                condition: { fact: 'orders', op: 'gte', value: 2 },
                otherwise: 'started',
              },
              { stepId: 'out', kind: 'exit' },
              {
                stepId: 'started',
                kind: 'wait-for-event',
                event: 'Course Started',
                hours: 72,
                timedOut: 'nudge',
              },
              send('well-done', { next: 'end' }),
              send('nudge'),
              { stepId: 'end', kind: 'exit' },
            ],
          },
        },
      ],
    });
    const arms = assignedArms(flow.directory, campaignId);
    expect(arms.size).toBe(learnersCount);
    treated = [...arms]
      .filter(([, arm]) => arm === 'journey')
      .map(([learner]) => learner)
      .sort();
    expect(treated.length).toBeGreaterThan(40);
    expect(await mailed()).toEqual(new Map([['hello', treated]]));
  });

  it('goes on after two days with those who have not bought, and waits for what they do', async () => {
    const [buyer, other] = treated.filter((learner) => !isLoyal(learner));
    await moveTo(startMs + dayMs);
    await capture(host.apiUrl, host.keys.write, [
      orderMessage(buyer, 'c2', `${buyer}-bought`, host.clock.nowMs()),
      orderMessage(other, 'c2', `${other}-bought`, host.clock.nowMs()),
      // Before the step that waits for it: does not count.
      track(treated.filter((learner) => !isLoyal(learner))[3], 'Course Started', 'early'),
    ]);
    await moveTo(startMs + 2 * dayMs + 10 * minuteMs);
    expect((await mailed()).size).toBe(1);
  });

  it('answers an awaited event at once', async () => {
    const started = treated.filter((learner) => !isLoyal(learner)).slice(4, 7);
    // Those who are not waited for change nothing.
    const loyal = treated.filter(isLoyal).slice(0, 2);
    await capture(
      host.apiUrl,
      host.keys.write,
      [...started, ...loyal].map((learner) => track(learner, 'Course Started', 'now')),
    );
    await settled();
    expect((await mailed()).get('well-done')).toEqual(started);
  });

  it('nudges after the time-out whoever neither started nor bought, and ends', async () => {
    const open = treated.filter((learner) => !isLoyal(learner));
    await moveTo(startMs + 3 * dayMs);
    await capture(host.apiUrl, host.keys.write, [
      orderMessage(open[7], 'c2', `${open[7]}-bought`, host.clock.nowMs()),
    ]);
    await moveTo(startMs + 5 * dayMs + 30 * minuteMs);
    const nudged = open.filter((_, index) => ![0, 1, 4, 5, 6, 7].includes(index));
    expect(await mailed()).toEqual(
      new Map([
        ['hello', treated],
        ['well-done', open.slice(4, 7)],
        ['nudge', nudged],
      ]),
    );
    await moveTo(startMs + 15 * dayMs);
    const { campaigns } = await admin.get<{ readonly campaigns: readonly { readonly campaignId: string }[] }>(
      '/v1/admin/campaigns',
    );
    const shown = await admin.get<{
      readonly status: string;
      readonly runs: readonly { readonly phases: { readonly test: { readonly deliveries: object } } }[];
    }>(`/v1/admin/campaigns/${campaigns[0].campaignId}`);
    expect(shown.status).toBe('finished');
    expect(shown.runs[0].phases.test.deliveries).toMatchObject({
      settled: treated.length,
      failed: 0,
      // What the trigger function sent and ended is in the events; the rounds count their own.
      sent: treated.length + nudged.length,
      ended: { exit: treated.length - open.length + nudged.length, purchased: 3 },
    });
  });

  it('of an event campaign enters customers one by one and goes on by the campaign’s own rounds', async () => {
    const before = await mailed();
    const nowMs = host.clock.nowMs();
    const campaignId = await start({
      name: 'on event',
      trigger: {
        kind: 'event',
        event: 'Course Completed',
        startsAt: new Date(nowMs).toISOString(),
        endsAt: new Date(nowMs + 5 * dayMs).toISOString(),
      },
      variants: [
        {
          name: 'journey',
          weight: 1,
          action: {
            kind: 'journey',
            steps: [send('first'), { stepId: 'day', kind: 'wait', hours: 24 }, send('second')],
          },
        },
      ],
    });
    const learners = [50, 51, 52, 53].map(learnerId);
    await capture(
      host.apiUrl,
      host.keys.write,
      learners.map((learner) => track(learner, 'Course Completed', 'once')),
    );
    await settled();
    const entered = [...assignedArms(flow.directory, campaignId)]
      .filter(([, arm]) => arm === 'journey')
      .map(([learner]) => learner)
      .sort();
    expect((await mailed()).get('first')).toEqual(entered);
    await moveTo(nowMs + dayMs + 20 * minuteMs);
    expect(await mailed()).toEqual(new Map([...before, ['first', entered], ['second', entered]]));
  });
});
