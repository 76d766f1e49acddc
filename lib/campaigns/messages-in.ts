// The messages in a campaign's action as it came from outside, not yet checked, each with its path; and the offers among
// them that end before anybody could use them. Instants as ISO 8601 and ms since 1970.

import type { Problem } from '../base/errors.ts';
import { isObject } from './condition-check.ts';

/** An action's message, or those of a journey's steps. */
export const messagesIn = (
  given: unknown,
  path: string,
): readonly { readonly message: { readonly [key: string]: unknown }; readonly path: string }[] => {
  if (!isObject(given)) {
    return [];
  }
  return given.kind === 'journey'
    ? (Array.isArray(given.steps) ? given.steps : []).flatMap((step: unknown, index) =>
        isObject(step) && step.kind === 'send'
          ? messagesIn(step.message, `${path}.steps.${index}.message`)
          : [],
      )
    : [{ message: given, path }];
};

/** Offers over at `atMs`; `when` says that to the marketer. */
export const endedOffers = (variants: unknown, atMs: number, when: string): readonly Problem[] =>
  (Array.isArray(variants) ? variants : []).flatMap((one: unknown, index) =>
    messagesIn(isObject(one) ? one.action : undefined, `variants.${index}.action`).flatMap(
      ({ message, path }) => {
        const offer = isObject(message.offer) ? message.offer : {};
        return Date.parse(String(offer.expiresAt)) <= atMs
          ? [
              {
                path: `${path}.offer.expiresAt`,
                message: `is past ${when}: nobody could use the offer; received ${String(offer.expiresAt)}`,
              },
            ]
          : [];
      },
    ),
  );
