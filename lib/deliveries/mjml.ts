// MJML to HTML, when a campaign is saved. Liquid stays as it is: every tag and output becomes a plain word before the
// compiler sees it and comes back afterwards, so quotes, `<` and loops inside it break nothing; what the compiler
// dropped (text between its elements) is a problem and not a silent loss. Files are never read: mj-include is refused.
// The compiler (mjml-browser, https://mjml.io) is loaded on first use: reading it takes longer than most requests.
// Source of the elements: https://documentation.mjml.io.

import { mjmlLengthMax } from '../base/limits.ts';
import { mailFonts } from '../campaigns/mail-layout.ts';
import type { Language } from '../events/customer.ts';
import { structureProblems } from './mjml-structure.ts';

export interface MjmlProblem {
  /** From 1; absent: of the whole. */
  readonly line?: number;
  readonly message: string;
}

export type CompiledMjml =
  | { readonly kind: 'compiled'; readonly html: string }
  | { readonly kind: 'refused'; readonly problems: readonly MjmlProblem[] };

export const compileMjml = async (source: string, language: Language): Promise<CompiledMjml> => {
  if (source.length > mjmlLengthMax) {
    return refused([{ message: `has ${source.length} characters; at most ${mjmlLengthMax} are allowed` }]);
  }
  const { text, tokens } = withoutLiquid(source);
  const structure = structureProblems(text);
  if (structure.length > 0) {
    return refused(structure);
  }
  const { default: compile } = await import('mjml-browser');
  try {
    const { html, errors } = await compile(text, { validationLevel: 'soft', keepComments: false, fonts: {} });
    const problems = [
      ...errors.map(({ line, tagName, message }) => ({
        line,
        message: `${tagName}: ${restored(message, tokens)}`,
      })),
      ...lostProblems(html, tokens),
    ];
    return problems.length > 0
      ? refused(problems)
      : { kind: 'compiled', html: restored(finished(html, language), tokens) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refused([
      { message: `is no MJML document (<mjml><mj-body>…</mj-body></mjml>): ${restored(reason, tokens)}` },
    ]);
  }
};

const refused = (problems: readonly MjmlProblem[]): CompiledMjml => ({ kind: 'refused', problems });

// ---- Liquid ------------------------------------------------------------------------------------------

interface Token {
  readonly liquid: string;
  readonly line: number;
  readonly inComment: boolean;
}

/** Of letters alone, so that it is a word in text, an attribute, an address and a style. */
const wordOf = (index: number): string =>
  `liquidtoken${index.toString().replace(/\d/g, (digit) => 'abcdefghij'[+digit])}x`;
const words = /liquidtoken([a-j]+)x/g;

const withoutLiquid = (source: string): { readonly text: string; readonly tokens: readonly Token[] } => {
  const tokens: Token[] = [];
  const text = source.replace(/\{%[\s\S]*?%\}|\{\{[\s\S]*?\}\}/g, (liquid, offset: number) => {
    const before = source.slice(0, offset);
    const inComment = before.lastIndexOf('<!--') > before.lastIndexOf('-->');
    tokens.push({ liquid, line: before.split('\n').length, inComment });
    // Line breaks stay, so that the compiler's line numbers are those of the source.
    return wordOf(tokens.length - 1) + '\n'.repeat(liquid.split('\n').length - 1);
  });
  return { text, tokens };
};

const restored = (text: string, tokens: readonly Token[]): string =>
  text.replace(words, (word, letters: string) => {
    const index = Number(letters.replace(/[a-j]/g, (letter) => String('abcdefghij'.indexOf(letter))));
    return tokens[index]?.liquid ?? word;
  });

const lostProblems = (html: string, tokens: readonly Token[]): readonly MjmlProblem[] => {
  const kept = new Set(html.match(words));
  return tokens.flatMap(({ liquid, line, inComment }, index) =>
    inComment || kept.has(wordOf(index))
      ? []
      : [
          {
            line,
            message: `${liquid.replace(/\s+/g, ' ').slice(0, 80)} would be lost: MJML drops text between its elements; write <mj-raw>${liquid.startsWith('{%') ? '{% … %}' : '{{ … }}'}</mj-raw>`,
          },
        ],
  );
};

// ---- finish ------------------------------------------------------------------------------------------

/** The compiler's default font would come from a server of others; its language is "undetermined" where none is given. */
const finished = (html: string, language: Language): string =>
  html
    .replaceAll('lang="und"', `lang="${language}"`)
    .replaceAll('Ubuntu, Helvetica, Arial, sans-serif', mailFonts)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
