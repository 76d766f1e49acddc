// The network of an IP address: of IPv4 the first 24 bits, of IPv6 the first 48, the rest set to zero, which is what
// web analytics keep when they make addresses anonymous (a /48 is what a site is given: RFC 6177, section 2).
// Enough to see that several clicks came from one place, too little to name a line or a person.

/** "192.0.2.0", "2001:db8:1::"; undefined where the text is no address. IPv4 in IPv6 (::ffff:192.0.2.1) is IPv4. */
export const networkOf = (address: string): string | undefined => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  const parts = mapped.split('.');
  if (parts.length === 4) {
    const isValid = parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
    return isValid ? `${parts.slice(0, 3).map(Number).join('.')}.0` : undefined;
  }
  const groups = groupsOf(mapped);
  return groups && `${groups.slice(0, 3).join(':')}::`;
};

/** The first three of the eight groups, in lower case without leading zeros. */
const groupsOf = (address: string): readonly string[] | undefined => {
  const [head, tail, ...more] = address.toLowerCase().split('::');
  const split = (text: string | undefined): string[] => (text ? text.split(':') : []);
  const [first, last] = [split(head), split(tail)];
  const missing = 8 - first.length - last.length;
  const all = [...first, ...Array<string>(Math.max(0, missing)).fill('0'), ...last];
  const isValid =
    more.length === 0 &&
    (tail === undefined ? missing === 0 : missing >= 1) &&
    all.every((group) => /^[0-9a-f]{1,4}$/.test(group));
  return isValid ? all.slice(0, 3).map((group) => Number.parseInt(group, 16).toString(16)) : undefined;
};
