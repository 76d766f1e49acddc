// Sent SMS and pushes on disk: <directory>/<messageId>.json for people, and one line each in messages.ndjson.

import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface StoredMessage {
  readonly messageId: string;
  readonly channel: 'sms' | 'push';
  /** The phone number, or the device's token. */
  readonly to: string;
  /** Of an SMS its text; of a push what the device shows, title first. */
  readonly text: string;
  /** Virtual time. */
  readonly sentAt: string;
  /** Of an SMS its attributes; of a push the platform's payload. */
  readonly detail: { readonly [name: string]: unknown };
}

export interface SnsFiles {
  /** In sending order. */
  readonly list: () => readonly StoredMessage[];
  readonly add: (message: StoredMessage) => void;
}

export const openSnsFiles = (directory: string): SnsFiles => {
  mkdirSync(directory, { recursive: true });
  const index = join(directory, 'messages.ndjson');
  const messages: StoredMessage[] = existsSync(index) ? readLines(index) : [];
  return {
    list: () => messages,
    add: (message) => {
      writeFileSync(join(directory, `${message.messageId}.json`), JSON.stringify(message, undefined, 2));
      appendFileSync(index, `${JSON.stringify(message)}\n`);
      messages.push(message);
    },
  };
};

/** A crash may have cut the last line short; that message was not acknowledged. */
const readLines = (path: string): StoredMessage[] => {
  const text = readFileSync(path, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  writeFileSync(path, whole);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as StoredMessage);
};
