// Mailer in memory: keeps what was sent; answers can be queued, and a full account throttles.

import type { Mailer, OutgoingMail } from '../../lib/ports.ts';

export interface FakeMailer extends Mailer {
  readonly sent: OutgoingMail[];
  /** Answers for the next calls, first in first out; when empty every mail is sent. */
  readonly next: ({ kind: 'throttled' | 'rejected'; message: string } | { kind: 'throws'; error: Error })[];
}

export const fakeMailer = (): FakeMailer => {
  const sent: OutgoingMail[] = [];
  const next: FakeMailer['next'] = [];
  return {
    sent,
    next,
    async send(mail) {
      const planned = next.shift();
      if (planned?.kind === 'throws') {
        throw planned.error;
      }
      if (planned !== undefined) {
        return { kind: planned.kind, message: planned.message };
      }
      sent.push(mail);
      return { kind: 'sent', sesMessageId: `ses-${sent.length}` };
    },
  };
};
