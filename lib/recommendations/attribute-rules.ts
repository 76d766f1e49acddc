// Rules by attribute, as the workspace sets them (eligibilityRules): an item that states a minimum age, a level of risk or
// the like is recommended only to customers whose trait satisfies it.
//   item      the rule concerns items that have this attribute (`equals`: with this value); to others it does not apply
//   customer  the trait is compared with `value`, or where there is none with the item's attribute
// A trait that is missing, or of another kind than what it is compared with, satisfies nothing: in doubt an item is not
// recommended. Texts are ordered by code unit, as ISO dates need.

import type { EligibilityRule } from '../base/settings.ts';
import type { Json, JsonObject } from '../events/event.ts';
import type { CatalogItem } from '../events/item.ts';

export const obeysRules =
  (rules: readonly EligibilityRule[], traits: JsonObject) =>
  ({ attributes }: Pick<CatalogItem, 'attributes'>): boolean =>
    rules.every(({ item, customer }) => {
      const stated = ownValue(attributes, item.attribute);
      if (stated === undefined || stated === null) return true;
      if (item.equals !== undefined && stated !== item.equals) return true;
      const trait = ownValue(traits, customer.trait);
      return holds(customer.op, trait, customer.value ?? stated);
    });

const ownValue = (values: JsonObject, name: string): Json | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;

const holds = (op: EligibilityRule['customer']['op'], actual: Json | undefined, wanted: Json): boolean => {
  const order = orderOf(actual, wanted);
  if (order === undefined) return false;
  switch (op) {
    case 'eq':
      return order === 0;
    case 'ne':
      return order !== 0;
    case 'lt':
      return order < 0;
    case 'lte':
      return order <= 0;
    case 'gt':
      return order > 0;
    case 'gte':
      return order >= 0;
  }
};

/** Negative, zero or positive; undefined for values of different kinds or of kinds without an order. */
const orderOf = (actual: Json | undefined, wanted: Json): number | undefined => {
  if (typeof actual === 'number' && typeof wanted === 'number') return actual - wanted;
  if (typeof actual === 'boolean' && typeof wanted === 'boolean') return Number(actual) - Number(wanted);
  if (typeof actual === 'string' && typeof wanted === 'string') {
    return actual < wanted ? -1 : actual > wanted ? 1 : 0;
  }
  return undefined;
};
