// What the owner said of a customer's channels (PUT and DELETE of a suppression, the import): stopped, or free again.
// The latest word by its time stands, of two at the same time the stop, in any order of arrival. It stands apart from
// what the customer, a bounce or a complaint stopped, so that taking it back never takes back one of those; but a bounce
// that stands alone (it still has its address) is forgiven by a later word that frees the channel.

import { channels } from './consent.ts';
import type { Channel, CustomerProfile, OwnerWord, OwnerWords, Suppression } from './customer.ts';
import { loopEvents, type StoredEvent } from './event.ts';
import { loopSource } from './loop-event.ts';

/** How such a word names itself in the consent events of Reprise. */
export const viaOwner = 'owner';

export interface ChannelWord extends OwnerWord {
  readonly channel: Channel;
}

export const ownerWordsOfEvent = (event: StoredEvent): readonly ChannelWord[] => {
  const { channel: named, via, note } = event.properties;
  const channel = channels.find((each) => each === named);
  const stopped = event.event === loopEvents.consentWithdrawn;
  const isSaid =
    event.source === loopSource && via === viaOwner && (stopped || event.event === loopEvents.consentGiven);
  return isSaid && channel !== undefined
    ? [{ channel, stopped, atMs: Date.parse(event.timestamp), ...(typeof note === 'string' && { note }) }]
    : [];
};

/** The words after these too; undefined while nothing was said. */
export const withOwnerWords = (
  words: OwnerWords | undefined,
  added: readonly ChannelWord[],
): OwnerWords | undefined => {
  const result: { [channel in Channel]?: OwnerWord } = { ...words };
  for (const { channel, ...word } of added) {
    const known = result[channel];
    if (known === undefined || isLater(word, known)) result[channel] = word;
  }
  return Object.keys(result).length === 0 ? undefined : result;
};

/** Of two stops at one time the one whose note is greater. */
const isLater = (word: OwnerWord, known: OwnerWord): boolean =>
  word.atMs !== known.atMs
    ? word.atMs > known.atMs
    : word.stopped !== known.stopped
      ? word.stopped
      : (word.note ?? '') > (known.note ?? '');

export const ownerWordsOf = (words: OwnerWords | undefined): readonly ChannelWord[] =>
  channels.flatMap((channel) => {
    const word = words?.[channel];
    return word === undefined ? [] : [{ channel, ...word }];
  });

/** A bounce of an address, and nothing else, from before the owner freed the channel. */
export const isForgiven = ({ reason, address, atMs }: Suppression, word: OwnerWord | undefined): boolean =>
  reason === 'bounced' && address !== undefined && word?.stopped === false && atMs <= word.atMs;

export const withoutForgiven = (
  suppressed: CustomerProfile['suppressed'],
  words: OwnerWords | undefined,
): CustomerProfile['suppressed'] => {
  let kept = suppressed;
  for (const channel of channels) {
    const suppression = kept[channel];
    if (suppression !== undefined && isForgiven(suppression, words?.[channel])) {
      const { [channel]: _, ...others } = kept;
      kept = others;
    }
  }
  return kept;
};
