import { describe, expect, it } from 'vitest';
import { dateText, deadlineText } from '../../lib/deliveries/date-text.ts';

const atMs = Date.UTC(2026, 11, 9, 12, 5);

describe('an instant for people', () => {
  it('is the day on their own calendar', () => {
    expect(dateText(atMs, 'en', 'UTC')).toBe('December 9, 2026');
    expect(dateText(atMs, 'zh-CN', 'Asia/Shanghai')).toBe('2026年12月9日');
    expect(dateText(atMs, 'en', 'Pacific/Auckland')).toBe('December 10, 2026');
  });

  it('as a deadline has its time and zone, in the order of the language', () => {
    expect(deadlineText(atMs, 'en', 'Europe/Paris')).toBe('December 9, 2026 at 1:05 PM GMT+1');
    expect(deadlineText(atMs, 'zh-CN', 'Asia/Shanghai')).toBe('2026年12月9日 20:05（GMT+8）');
    expect(deadlineText(Date.UTC(2026, 11, 8, 16), 'zh-CN', 'Asia/Shanghai')).toBe(
      '2026年12月9日 00:00（GMT+8）',
    );
  });
});
