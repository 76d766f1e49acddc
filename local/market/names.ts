// Invented names of learners and authors, by language; Chinese names put the family first.

import type { Random } from '../../lib/base/random.ts';
import { familyNames, givenNames } from './subjects.ts';

export const learnerName = (random: Random, language: 'en' | 'zh-CN'): string => {
  const of = language === 'en' ? 'en' : 'zh';
  const given = givenNames[of][random.int(givenNames[of].length)];
  const family = familyNames[of][random.int(familyNames[of].length)];
  return of === 'en' ? `${given} ${family}` : `${family}${given}`;
};
