// What one attempt may do to a delivery that others attempt too: answers lost on the way, writes that come twice or
// late, an attempt thought dead that was only slow.

import { describe, expect, it } from 'vitest';
import { sendingAttemptMs } from '../../lib/base/limits.ts';
import type { DeliverContext } from '../../lib/deliveries/attempt.ts';
import { deliverOne } from '../../lib/deliveries/deliver.ts';
import { applyMailReport } from '../../lib/deliveries/report.ts';
import type { Delivery, DeliveryStatus, DeliveryStore } from '../../lib/ports.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { couponCampaign, createStage, memberOf, noonMs, recordOf, type Stage } from './stage.ts';

const deliver = (context: DeliverContext) =>
  deliverOne(couponCampaign, memberOf('ada'), recordOf('ada'), context);

const stored = ({ table }: Stage): Delivery => {
  const [delivery] = table.deliveries.values();
  return delivery;
};

type Advance = DeliveryStore['advance'];

/** The step to `to` is carried out as `around` says. */
const withStep = (
  stage: Stage,
  to: DeliveryStatus,
  around: (step: () => ReturnType<Advance>) => ReturnType<Advance>,
) => {
  const { deliveries } = stage.context;
  const advance: Advance = (...args) =>
    args[2] === to ? around(() => deliveries.advance(...args)) : deliveries.advance(...args);
  return { ...stage.context, deliveries: { ...deliveries, advance } };
};

/** SES answers only after `meanwhile` has happened. */
const slowly = (stage: Stage, meanwhile: () => Promise<unknown>): DeliverContext => ({
  ...stage.context,
  transport: {
    ...stage.context.transport,
    send: async (message) => {
      const answer = await stage.context.transport.send(message);
      await meanwhile();
      return answer;
    },
  },
});

const takeOver = async (stage: Stage): Promise<void> => {
  stage.setNow(stage.context.clock.nowMs() + sendingAttemptMs);
  expect(await deliver(stage.context)).toEqual({ kind: 'unknown', reason: 'interrupted' });
};

describe('a step whose answer is lost', () => {
  it('is known again by its mark when the client’s own second try finds it done', async () => {
    const stage = createStage();
    const twice = withStep(stage, 'sending', async (step) => (await step()) && step());
    expect(await deliver(twice)).toEqual({ kind: 'sent' });
    expect(stage.mailer.sent).toHaveLength(1);
  });

  it('is known again by its mark when the client gave up on it', async () => {
    const stage = createStage();
    const lost = withStep(stage, 'sending', async (step) => {
      await step();
      throw new Error('socket hang up');
    });
    expect(await deliver(lost)).toEqual({ kind: 'sent' });
    expect(stage.mailer.sent).toHaveLength(1);
  });

  it('fails the attempt when it was not done, and nothing is sent', async () => {
    const stage = createStage();
    const refused = withStep(stage, 'sending', () => Promise.reject(new Error('table gone')));
    await expect(deliver(refused)).rejects.toThrow('table gone');
    expect(stage.mailer.sent).toEqual([]);
    expect(stored(stage).status).toBe('prepared');
    expect(await deliver(stage.context)).toEqual({ kind: 'sent' });
  });

  it('does not undo a later attempt’s step when it comes a second time', async () => {
    const stage = createStage();
    stage.mailer.next.push({ kind: 'throttled', message: 'slow down' });
    let repeat: (() => ReturnType<Advance>) | undefined;
    const first = withStep(stage, 'prepared', (step) => {
      repeat = step;
      return step();
    });
    expect(await deliver(first)).toMatchObject({ kind: 'deferred', reason: 'throttled' });
    // The second attempt is sending when the first one's taking back arrives again.
    const second = slowly(stage, async () => expect(await repeat?.()).toBe(false));
    expect(await deliver(second)).toEqual({ kind: 'sent' });
    expect(await deliver(stage.context)).toEqual({ kind: 'already' });
    expect(stage.mailer.sent).toHaveLength(1);
  });
});

describe('an attempt that was thought dead', () => {
  it('still says that its mail went out', async () => {
    const stage = createStage();
    expect(await deliver(slowly(stage, () => takeOver(stage)))).toEqual({ kind: 'sent' });
    expect(stored(stage)).toMatchObject({ status: 'sent', messageId: 'ses-1', reason: undefined });
  });

  it('still says that its mail was refused', async () => {
    const stage = createStage();
    stage.mailer.next.push({ kind: 'rejected', message: 'MessageRejected' });
    expect(await deliver(slowly(stage, () => takeOver(stage)))).toEqual({
      kind: 'failed',
      reason: 'MessageRejected',
    });
    expect(stored(stage)).toMatchObject({ status: 'failed' });
  });

  it('gives a throttled mail back to be sent: nobody else can have sent it', async () => {
    const stage = createStage();
    stage.mailer.next.push({ kind: 'throttled', message: 'slow down' });
    expect(await deliver(slowly(stage, () => takeOver(stage)))).toMatchObject({ reason: 'throttled' });
    expect(await deliver(stage.context)).toEqual({ kind: 'sent' });
    expect(stage.mailer.sent).toHaveLength(1);
    expect(stored(stage)).toMatchObject({ status: 'sent', reason: undefined });
  });
});

it('an attempt settles nothing that another one has taken over and is sending', async () => {
  const stage = createStage();
  stage.mailer.next.push({ kind: 'rejected', message: 'MessageRejected' });
  const late = withStep(stage, 'failed', (step) => {
    const taken = { ...stored(stage), sendingBy: 'the other attempt' };
    stage.table.deliveries.set(taken.deliveryId, taken);
    return step();
  });
  expect(await deliver(late)).toMatchObject({ kind: 'deferred', reason: 'being-sent' });
  expect(stored(stage)).toMatchObject({ status: 'sending', sendingBy: 'the other attempt' });
});

describe('a wait for the sending rate', () => {
  it('comes before the claim: who dies in it leaves a mail that is sent later, not an unknown one', async () => {
    const stage = createStage();
    const { transport } = stage.context;
    const dying = { ...transport, turn: () => Promise.reject(new Error('killed while waiting')) };
    await expect(deliver({ ...stage.context, transport: dying })).rejects.toThrow('killed');
    expect(stored(stage).status).toBe('prepared');
    expect(await deliver(stage.context)).toEqual({ kind: 'sent' });
  });
});

describe('what is stored', () => {
  it('is never mailed without the code it was prepared with', async () => {
    const stage = createStage();
    stage.crashAfter(1);
    await expect(deliver(stage.context)).rejects.toThrow();
    stage.crashAfter(undefined);
    stage.table.coupons.clear();
    await expect(deliver(stage.context)).rejects.toThrow('is gone');
    expect(stage.mailer.sent).toEqual([]);
  });

  it('is not sent again when SES’s report shows that it was, though the table says prepared', async () => {
    // As after the table was restored to an instant before the send.
    const stage = createStage();
    await deliver(stage.context);
    const { deliveryId } = stored(stage);
    stage.table.deliveries.set(deliveryId, { ...stored(stage), status: 'prepared' });
    const report = {
      kind: 'delivery',
      sesMessageId: 'ses-1',
      deliveryId,
      at: new Date(noonMs).toISOString(),
      mailAt: new Date(noonMs).toISOString(),
    } as const;
    const customers = createFakeCustomerStore();
    expect(await applyMailReport(report, { ...stage.context, customers })).toBe(true);
    expect(await deliver(stage.context)).toEqual({ kind: 'already' });
    expect(stage.mailer.sent).toHaveLength(1);
  });
});
