// Sent mails on disk: <directory>/<sesMessageId>.eml as it was handed over, and one line each in mails.ndjson with
// what the list needs. The .eml is written first; a line without its mail cannot be.

import { randomBytes, randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface StoredMail {
  readonly sesMessageId: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  /** Virtual time. */
  readonly sentAt: string;
  readonly operation: string;
  readonly configurationSet?: string;
  readonly tags: { readonly [name: string]: string };
}

export interface MailFiles {
  /** In sending order. */
  readonly list: () => readonly StoredMail[];
  readonly raw: (sesMessageId: string) => string;
  readonly add: (mail: Omit<StoredMail, 'sesMessageId'> & { readonly raw: Buffer }) => StoredMail;
}

export const openMailFiles = (directory: string): MailFiles => {
  mkdirSync(directory, { recursive: true });
  const index = join(directory, 'mails.ndjson');
  const mails: StoredMail[] = existsSync(index) ? readLines(index) : [];
  const path = (sesMessageId: string): string => {
    if (!/^[\w-]+$/.test(sesMessageId)) {
      throw new Error(`mail: ${sesMessageId} is not the id of a mail`);
    }
    return join(directory, `${sesMessageId}.eml`);
  };
  return {
    list: () => mails,
    raw: (sesMessageId) => readFileSync(path(sesMessageId), 'utf8'),
    add: ({ raw, ...mail }) => {
      const stored = { sesMessageId: `${randomBytes(8).toString('hex')}-${randomUUID()}-000000`, ...mail };
      // By rename: who looks into the directory never finds half a mail.
      writeFileSync(`${path(stored.sesMessageId)}.new`, raw);
      renameSync(`${path(stored.sesMessageId)}.new`, path(stored.sesMessageId));
      appendFileSync(index, `${JSON.stringify(stored)}\n`);
      mails.push(stored);
      return stored;
    },
  };
};

/** A crash may have cut the last line short; that mail was not acknowledged, though it may have been written. */
const readLines = (path: string): StoredMail[] => {
  const text = readFileSync(path, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) {
    writeFileSync(path, whole);
  }
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as StoredMail);
};
