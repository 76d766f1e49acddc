// Whether two coupons may be on one order: each must name the other's group. One that names none stands alone.

import type { Stacking } from './offer.ts';

export const combines = (a: Stacking | undefined, b: Stacking | undefined): boolean =>
  a !== undefined && b !== undefined && names(a, b) && names(b, a);

const names = ({ combinesWith }: Stacking, { group }: Stacking): boolean =>
  combinesWith === 'any' || combinesWith.includes(group);
