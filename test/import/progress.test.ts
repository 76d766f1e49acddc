import { expect, it } from 'vitest';
import { showProgress } from '../../local/import/progress.ts';

const screen = () => {
  const written: string[] = [];
  return { written, output: { write: (text: string) => written.push(text) } };
};
const at = (acknowledged: number) => ({ lines: 5_000, acknowledged, added: 4_000 });

it('on a terminal rewrites one line with a bar, and ends it', () => {
  const { written, output } = screen();
  let nowMs = 0;
  const progress = showProgress(output, true, () => nowMs);
  nowMs = 1_000;
  progress.show(at(1_000));
  nowMs = 1_050;
  progress.show(at(1_500));
  nowMs = 2_000;
  progress.show(at(4_000));
  progress.end();
  expect(written).toEqual([
    `\r${'█'.repeat(6)}${'░'.repeat(18)} 5,000 lines read, 1,000 of 4,000 events acknowledged, 1,000/s   `,
    `\r${'█'.repeat(24)} 5,000 lines read, 4,000 of 4,000 events acknowledged, 2,000/s   `,
    '\n',
  ]);
});

it('elsewhere writes a line every five seconds and no control characters', () => {
  const { written, output } = screen();
  let nowMs = 0;
  const progress = showProgress(output, false, () => nowMs);
  for (nowMs = 0; nowMs <= 10_000; nowMs += 1_000) progress.show(at(nowMs / 5));
  progress.end();
  expect(written).toEqual([
    '5,000 lines read, 1,000 of 4,000 events acknowledged, 200/s\n',
    '5,000 lines read, 2,000 of 4,000 events acknowledged, 200/s\n',
  ]);
});
