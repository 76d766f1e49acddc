// Freshness check: did events still come in when the analysis was made? A feed that stopped looks like customers who
// stopped buying, in every arm. Stale: the newest event is older than a day and than ten of the shop's usual gaps between
// events, so that a quiet shop is not alarmed each night. Times in ms.

import { dataAgeMsMax, dataGapsCountMax } from '../base/limits.ts';
import type { Feed } from '../outcomes/feed.ts';
import type { Check } from './result.ts';

const hourMs = 3_600_000;

export const freshnessCheck = ({ newestEventMs, usualGapMs }: Feed, asOfMs: number): Check => {
  const ageMs = newestEventMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, asOfMs - newestEventMs);
  if (ageMs <= Math.max(dataAgeMsMax, dataGapsCountMax * usualGapMs)) {
    return {
      name: 'data-freshness',
      ok: true,
      message: {
        en: `The newest event was ${hours(ageMs)} hours old.`,
        'zh-CN': `最新事件距分析时 ${hours(ageMs)} 小时。`,
      },
    };
  }
  return {
    name: 'data-freshness',
    ok: false,
    message:
      newestEventMs === undefined
        ? { en: 'No event has come in.', 'zh-CN': '没有收到任何事件。' }
        : {
            en: `No event has come in for ${hours(ageMs)} hours: later orders are missing in every arm.`,
            'zh-CN': `已有 ${hours(ageMs)} 小时没有收到事件：各组都缺少之后的订单。`,
          },
    action: {
      en: 'Check that the app still sends events and that the queue is empty; then analyse again.',
      'zh-CN': '请确认应用仍在上报事件且队列已清空，然后重新分析。',
    },
  };
};

const hours = (ms: number): string => (ms / hourMs).toFixed(ms < 10 * hourMs ? 1 : 0);
