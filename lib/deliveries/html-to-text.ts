// The text part of a mail from its HTML, for templates that give none: links are written out as <address>, lists have
// dashes, cells of a row of data stand on one line, layout tables and blocks become lines; pictures give their
// description; what is not shown (head, styles, hidden lines, comments) is left out. Liquid stays as it is.
// Limits: no layout is kept; character references beyond the common ones are numeric only.

export const htmlToText = (html: string): string => {
  const out = new Lines();
  const hidden: string[] = [];
  const links: { readonly href: string; readonly start: number }[] = [];
  for (const token of tokensOf(html)) {
    if (token.kind !== 'tag') {
      if (hidden.length === 0) out.add(token.kind === 'text' ? decoded(token.text) : token.text, token.kind);
    } else if (hidden.length > 0) {
      trackHidden(token, hidden);
    } else if (isHidden(token)) {
      hidden.push(token.name);
    } else {
      applyTag(token, out, links);
    }
  }
  return out.text();
};

interface Tag {
  readonly kind: 'tag';
  readonly name: string;
  readonly closing: boolean;
  readonly attributes: string;
}
type Token = Tag | { readonly kind: 'text' | 'liquid'; readonly text: string };

const pattern =
  /<!--[\s\S]*?-->|<![^>]*>|(\{%[\s\S]*?%\}|\{\{[\s\S]*?\}\})|<(\/?)([a-zA-Z][\w:-]*)((?:\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|"(?:\{\{[\s\S]*?\}\}|[^"])*"|'[^']*'|[^'">])*)>/g;

function* tokensOf(html: string): Generator<Token> {
  let end = 0;
  for (const match of html.matchAll(pattern)) {
    if (match.index > end) yield { kind: 'text', text: html.slice(end, match.index) };
    end = match.index + match[0].length;
    const [, liquid, slash, name, attributes] = match;
    if (liquid !== undefined) yield { kind: 'liquid', text: liquid };
    if (name !== undefined)
      yield { kind: 'tag', name: name.toLowerCase(), closing: slash === '/', attributes };
  }
  if (end < html.length) yield { kind: 'text', text: html.slice(end) };
}

// ---- what is not shown -------------------------------------------------------------------------------

const unseen = new Set(['head', 'style', 'script', 'title', 'template']);
const empty = new Set('area base br col embed hr img input link meta source track wbr'.split(' '));

const isHidden = ({ name, closing, attributes }: Tag): boolean =>
  !closing && !empty.has(name) && (unseen.has(name) || /display:\s*none/i.test(attributes));

/** Elements of the same name inside a hidden one are counted, so that its end is found. */
const trackHidden = ({ name, closing, attributes }: Tag, hidden: string[]): void => {
  if (name !== hidden[0] || attributes.endsWith('/')) return;
  if (closing) hidden.pop();
  else hidden.push(name);
};

// ---- what is shown -----------------------------------------------------------------------------------

const paragraphs = new Set('p h1 h2 h3 h4 h5 h6 ul ol table blockquote pre section article'.split(' '));
const lines = new Set('div tr li center header footer main dt dd'.split(' '));

const applyTag = (
  { name, closing, attributes }: Tag,
  out: Lines,
  links: { readonly href: string; readonly start: number }[],
): void => {
  if (name === 'a') {
    if (!closing) links.push({ href: attribute(attributes, 'href'), start: out.length });
    else endLink(links.pop(), out);
  } else if (name === 'br') out.line();
  else if (name === 'hr') out.rule();
  else if (name === 'img') out.add(attribute(attributes, 'alt'), 'text');
  else if (name === 'td' || name === 'th') {
    if (closing) out.cell();
  } else if (paragraphs.has(name)) out.paragraph();
  else if (lines.has(name)) {
    out.line();
    if (name === 'li' && !closing) out.add('- ', 'text');
  }
};

const endLink = (link: { readonly href: string; readonly start: number } | undefined, out: Lines): void => {
  const isShown = link !== undefined && link.href !== '' && !link.href.startsWith('#');
  if (isShown && !out.since(link.start).includes(link.href)) out.address(link.href);
};

const attribute = (attributes: string, name: string): string => {
  const match = new RegExp(
    `(?:^|\\s)${name}\\s*=\\s*(?:"((?:\\{\\{[\\s\\S]*?\\}\\}|[^"])*)"|'([^']*)'|([^\\s"'>]+))`,
    'i',
  ).exec(attributes);
  return decoded(match?.[1] ?? match?.[2] ?? match?.[3] ?? '').trim();
};

/** Text with white space collapsed as a browser does, and at most one empty line between paragraphs. */
class Lines {
  #text = '';
  #pendingSpace = false;
  #cells = false;

  get length(): number {
    return this.#text.length;
  }

  since(start: number): string {
    return this.#text.slice(start);
  }

  add(text: string, kind: 'text' | 'liquid'): void {
    if (kind === 'text') {
      const collapsed = text.replace(/[ \t\r\n\f]+/g, ' ');
      if (collapsed.startsWith(' ')) this.#pendingSpace = true;
      const words = collapsed.trim();
      if (words === '') return;
      this.#begin();
      this.#text += words;
      this.#pendingSpace = collapsed.endsWith(' ');
    } else {
      // A control tag shows nothing; a space or cell before it belongs to what follows.
      if (!text.startsWith('{%')) this.#begin();
      // But at the end of a loop it stands between one turn and the next.
      else if (/^\{%-?\s*endfor\b/.test(text) && !this.#cells) this.#begin();
      this.#text += text;
    }
  }

  #begin(): void {
    const atStart = this.#text === '' || this.#text.endsWith('\n');
    if (!atStart && this.#cells) this.#text += '  ';
    else if (!atStart && this.#pendingSpace) this.#text += ' ';
    this.#pendingSpace = false;
    this.#cells = false;
  }

  /** Behind the words it belongs to, a space apart. */
  address(href: string): void {
    this.#pendingSpace = true;
    this.#begin();
    this.#text += `<${href}>`;
  }

  cell(): void {
    this.#cells = true;
  }

  line(): void {
    this.#pendingSpace = false;
    this.#cells = false;
    if (this.#text !== '' && !this.#text.endsWith('\n')) this.#text += '\n';
  }

  paragraph(): void {
    this.line();
    if (this.#text !== '' && !this.#text.endsWith('\n\n')) this.#text += '\n';
  }

  rule(): void {
    this.paragraph();
    this.#text += '--\n';
  }

  text(): string {
    return `${this.#text.replace(/\n{3,}/g, '\n\n').trim()}\n`;
  }
}

const named: { readonly [name: string]: string } = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  middot: '·',
  bull: '•',
  copy: '©',
  reg: '®',
  hellip: '…',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  euro: '€',
  times: '×',
  zwnj: '',
  zwj: '',
  shy: '',
};

const decoded = (text: string): string =>
  text.replace(/&(?:#(\d+)|#x([\da-f]+)|([a-z]+));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return named[name.toLowerCase()] ?? whole;
    const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
