import { describe, expect, it } from 'vitest';
import { smsSize } from '../../lib/deliveries/sms-segments.ts';

describe('the size of an SMS', () => {
  it.each([
    ['a', 160, { encoding: 'gsm-7', length: 160, segments: 1 }],
    ['a', 161, { encoding: 'gsm-7', length: 161, segments: 2 }],
    ['a', 306, { encoding: 'gsm-7', length: 306, segments: 2 }],
    ['a', 307, { encoding: 'gsm-7', length: 307, segments: 3 }],
    // The euro sign stands in the extension table and takes two places.
    ['€', 80, { encoding: 'gsm-7', length: 160, segments: 1 }],
    ['€', 81, { encoding: 'gsm-7', length: 162, segments: 2 }],
    ['学', 70, { encoding: 'ucs-2', length: 70, segments: 1 }],
    ['学', 71, { encoding: 'ucs-2', length: 71, segments: 2 }],
    ['学', 134, { encoding: 'ucs-2', length: 134, segments: 2 }],
    ['学', 135, { encoding: 'ucs-2', length: 135, segments: 3 }],
    // Two UTF-16 units each.
    ['🎓', 35, { encoding: 'ucs-2', length: 70, segments: 1 }],
  ])('%s × %i', (character, count, size) => {
    expect(smsSize(character.repeat(count))).toEqual(size);
  });

  it('lets one character outside the alphabet shorten the whole message', () => {
    expect(smsSize(`${'a'.repeat(100)}’`)).toEqual({ encoding: 'ucs-2', length: 101, segments: 2 });
  });
});
