// Links of a message carry its decision, so that a visit can be told to come from it: ?reprise=<decisionId>, put into
// the address as it is written (order, escapes and fragment stay). The filter `link` asks for it; what is written bare
// gets it here when the message is composed, in HTML (also in Outlook's conditional comments) and in plain text, where
// the address is an item's of this message or on one of the shop's hosts (setting shopHosts, names below them too).
// Left as they are: our own links (unsubscribe, preferences), other hosts, other schemes, anchors, what has it already.
// Limits: an address run together with letters of another script in a text is left alone, its end being unknown.

export interface LinkRules {
  readonly decisionId: string;
  /** Host names in lower case; names below them count too. */
  readonly shopHosts: readonly string[];
  /** Addresses of the items in the message. */
  readonly itemUrls: readonly string[];
  /** What begins with it is ours. */
  readonly apiUrl: string;
}

/** Adds the decision to a web address, or replaces the one it has; anything else is returned as it came. */
export const withDecision = (address: string, decisionId: string): string => {
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) {
    return address;
  }
  const [, page, query, fragment] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(address) ?? [];
  const others = (query ?? '')
    .slice(1)
    .split('&')
    .filter((part) => part !== '' && !/^reprise(=|$)/.test(part));
  const pairs = [...others, `reprise=${encodeURIComponent(decisionId)}`].join('&');
  return `${page}?${pairs}${fragment ?? ''}`;
};

/** A bare address on its way into a message. */
export const ownLink = (address: string, { decisionId, shopHosts, itemUrls, apiUrl }: LinkRules): string => {
  const url = /^https?:\/\//i.test(address) ? URL.parse(address) : null;
  if (url === null || url.searchParams.has('reprise') || isUnder(address, apiUrl)) {
    return address;
  }
  const isShop = shopHosts.some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`));
  return isShop || itemUrls.includes(address) ? withDecision(address, decisionId) : address;
};

const isUnder = (address: string, apiUrl: string): boolean =>
  apiUrl !== '' && address.startsWith(`${apiUrl}/v1/`);

// ---- HTML --------------------------------------------------------------------------------------------

/** Elements that lead somewhere when they are clicked; `v:` are Outlook's drawn buttons. */
const linkTag = /<(?:a|area|v:[a-z]+)(?=\s)(?:"[^"]*"|'[^']*'|[^'">])*>/gi;
const attributes = /(\s+)([^\s=>"'/]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)/g;

export const withLinksOfHtml = (html: string, rules: LinkRules): string =>
  html.replace(linkTag, (tag) =>
    tag.replace(attributes, (whole, space: string, name: string, equals: string, value: string) => {
      if (name.toLowerCase() !== 'href') {
        return whole;
      }
      const quote = /^["']/.exec(value)?.[0] ?? '';
      const address = decoded(quote === '' ? value : value.slice(1, -1)).trim();
      const linked = ownLink(address, rules);
      // Untouched values stay to the letter.
      return linked === address ? whole : `${space}${name}${equals}"${encoded(linked)}"`;
    }),
  );

const references: { readonly [name: string]: string } = { amp: '&', quot: '"', apos: "'", lt: '<', gt: '>' };

const decoded = (value: string): string =>
  value.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|quot|apos|lt|gt));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) {
      return references[String(name).toLowerCase()] ?? whole;
    }
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
  });

const encoded = (address: string): string =>
  address.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

// ---- plain text --------------------------------------------------------------------------------------

/** What an address consists of (RFC 3986), and what comes straight after it. */
const addressInText = /https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+/gi;
/** Ends the sentence, not the address. */
const trailing = /[.,;:!?'\])]+$/;

export const withLinksOfText = (text: string, rules: LinkRules): string =>
  text.replace(addressInText, (found: string, at: number) => {
    if (/^[\p{L}\p{N}]/u.test(text.slice(at + found.length, at + found.length + 2))) {
      return found;
    }
    const end = found.includes('(') ? '' : (trailing.exec(found)?.[0] ?? '');
    const address = found.slice(0, found.length - end.length);
    return ownLink(address, rules) + end;
  });
