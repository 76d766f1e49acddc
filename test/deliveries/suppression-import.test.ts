import { describe, expect, it } from 'vitest';
import { Failure, type Problem } from '../../lib/base/errors.ts';
import { customerId } from '../../lib/base/ids.ts';
import { suppressionsImportCountMax } from '../../lib/base/limits.ts';
import { importSuppressions, parseSuppressions } from '../../lib/deliveries/suppression-import.ts';
import { foldProfile } from '../../lib/events/profile.ts';
import { suppressionOf } from '../../lib/events/suppressions.ts';
import { createFakeEventQueue } from '../fakes/event-queue.ts';
import { noonMs } from './stage.ts';

const failureOf = (work: () => unknown): Failure => {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
  }
  throw new Error('it did not fail');
};
const problemsOf = (body: string): readonly Problem[] =>
  failureOf(() => parseSuppressions('text/csv', body)).detail.problems ?? [];

describe('a list of suppressions from another mailer', () => {
  it('stops each channel once, with the note, by events from which the archive writes the profile', async () => {
    const rows = parseSuppressions(
      'text/csv; charset=utf-8',
      '\ufeffuserId,channel,note\nada,email,"old list, 2025"\nbob,sms,\nada,email,"old list, 2025"\n',
    );
    const events = createFakeEventQueue();
    expect(await importSuppressions(rows, { events, clock: { nowMs: () => noonMs } })).toEqual({
      accepted: 2,
    });
    const [ada, bob] = [customerId('ada'), customerId('bob')];
    const profile = foldProfile(
      undefined,
      ada,
      events.sent.filter(({ userId }) => userId === ada),
    );
    expect(suppressionOf(profile, 'email')).toEqual({
      reason: 'manual',
      atMs: noonMs,
      note: 'old list, 2025',
    });
    expect(events.sent.filter(({ userId }) => userId === bob)).toHaveLength(1);
  });

  it('is refused whole with every bad line named', () => {
    expect(problemsOf('userId,channel\nada,email\n,fax\nbob,email,more\n')).toEqual([
      { path: 'line 3, userId', message: expect.stringContaining('1 to 256 characters') },
      { path: 'line 3, channel', message: expect.stringContaining('received fax') },
      { path: 'line 4', message: expect.stringContaining('fields') },
    ]);
  });

  it('needs user ids: an address is not looked up', () => {
    expect(problemsOf('email,channel\nada@example.com,email\n')).toEqual([
      { path: 'line 1, email', message: expect.stringContaining('userId') },
      { path: 'line 1, userId', message: expect.stringContaining('missing') },
    ]);
    expect(problemsOf('')).toHaveLength(2);
    expect(problemsOf('userId,channel\n')).toHaveLength(1);
    expect(problemsOf('userId,channel\n"ada,email\n')).toHaveLength(1);
  });

  it('has at most as many rows as one request can send on, and is CSV', () => {
    const many = `userId,channel\n${'ada,email\n'.repeat(suppressionsImportCountMax + 1)}`;
    expect(failureOf(() => parseSuppressions('text/csv', many)).kind).toBe('too-large');
    expect(failureOf(() => parseSuppressions('application/json', '[]')).detail.code).toBe(
      'import-content-type',
    );
  });
});
