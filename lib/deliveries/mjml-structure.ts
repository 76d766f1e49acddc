// Whether MJML's own elements are closed in the order they were opened, and none includes a file: the compiler closes
// what is open and leaves out includes without a word. HTML inside text elements is not looked at.

import type { MjmlProblem } from './mjml.ts';

export const structureProblems = (source: string): readonly MjmlProblem[] => {
  const problems: MjmlProblem[] = [];
  const open: { readonly name: string; readonly line: number }[] = [];
  const text = source.replace(/<!--[\s\S]*?-->/g, (comment) => '\n'.repeat(comment.split('\n').length - 1));
  for (const match of text.matchAll(/<(\/?)(mj[a-z-]*)((?:"[^"]*"|'[^']*'|[^'">])*)>/g)) {
    const [, closing, name, rest] = match;
    const line = text.slice(0, match.index).split('\n').length;
    if (name === 'mj-include') {
      problems.push({
        line,
        message: 'mj-include: templates are complete in themselves; paste its content here',
      });
    } else if (closing === '/') {
      const last = open.pop();
      if (last?.name !== name) {
        const was = last === undefined ? 'nothing is open' : `<${last.name}> of line ${last.line} is open`;
        problems.push({ line, message: `</${name}> closes what is not open: ${was}` });
        return problems;
      }
    } else if (!rest.endsWith('/')) {
      open.push({ name, line });
    }
  }
  return [...problems, ...open.map(({ name, line }) => ({ line, message: `<${name}> is never closed` }))];
};
