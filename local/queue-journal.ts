// What makes fauxqs's queues survive the process: one line per message put into a queue and per message deleted, in
// a file that is read and rewritten at the next start. SQS does not lose an acknowledged message, so the local one
// must not either, not even by kill -9. Written through the persistence hooks of fauxqs's queues.
// Limits: receive counts start again; the file is cut when all queues are empty.

import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

export interface JournaledMessage {
  readonly messageId: string;
}

export interface QueueJournal<Message extends JournaledMessage> {
  /** What the last process left behind, in the order it came; taken out of the file when put into a queue again. */
  readonly left: readonly { readonly queue: string; readonly message: Message }[];
  /** The hooks that a fauxqs SqsStore calls. */
  readonly hooks: {
    readonly insertMessage: (queue: string, message: Message) => void;
    readonly deleteMessage: (messageId: string) => void;
    readonly deleteQueueMessages: (queue: string) => void;
    readonly insertQueue: () => void;
    readonly deleteQueue: () => void;
    readonly updateQueueAttributes: () => void;
    readonly updateQueueSequenceCounter: () => void;
    readonly updateMessageInflight: () => void;
    readonly updateMessageReady: () => void;
  };
  readonly close: () => void;
}

type Line<Message> = { readonly queue: string; readonly message: Message } | { readonly deleted: string };

/** An emptied journal is cut when it has grown to this. */
const cutBytes = 8 * 1024 * 1024;

export const openQueueJournal = <Message extends JournaledMessage>(path: string): QueueJournal<Message> => {
  const left = existsSync(path) ? read<Message>(path) : [];
  writeFileSync(`${path}.new`, left.map((line) => `${JSON.stringify(line)}\n`).join(''));
  renameSync(`${path}.new`, path);
  const file = openSync(path, 'a');
  const queueOf = new Map(left.map(({ queue, message }) => [message.messageId, queue]));
  let bytes = 0;
  const write = (line: Line<Message>): void => {
    bytes += writeSync(file, `${JSON.stringify(line)}\n`);
  };
  const remove = (messageId: string): void => {
    if (!queueOf.delete(messageId)) {
      return;
    }
    write({ deleted: messageId });
    if (queueOf.size === 0 && bytes > cutBytes) {
      ftruncateSync(file);
      bytes = 0;
    }
  };
  const ignore = () => undefined;
  return {
    left,
    hooks: {
      insertMessage: (queue, message) => {
        queueOf.set(message.messageId, queue);
        write({ queue, message });
      },
      deleteMessage: remove,
      deleteQueueMessages: (queue) => {
        for (const [messageId] of [...queueOf].filter(([, name]) => name === queue)) {
          remove(messageId);
        }
      },
      insertQueue: ignore,
      deleteQueue: ignore,
      updateQueueAttributes: ignore,
      updateQueueSequenceCounter: ignore,
      updateMessageInflight: ignore,
      updateMessageReady: ignore,
    },
    close: () => closeSync(file),
  };
};

/** A last line that a crash cut short was not acknowledged. */
const read = <Message extends JournaledMessage>(
  path: string,
): { readonly queue: string; readonly message: Message }[] => {
  const text = readFileSync(path, 'utf8');
  const messages = new Map<string, { readonly queue: string; readonly message: Message }>();
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    if (line === '') {
      continue;
    }
    const entry = JSON.parse(line) as Line<Message>;
    if ('deleted' in entry) {
      messages.delete(entry.deleted);
    } else {
      messages.set(entry.message.messageId, entry);
    }
  }
  return [...messages.values()];
};
