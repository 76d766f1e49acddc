// People for tests of channels over the local host: phones, devices of both platforms, and addresses that turn out dead
// (local/sns.ts: numbers ending in 0000 opted out, tokens beginning with "dead" belong to disabled endpoints).

/** Five kinds of people in turn: live and dead devices of both platforms, and a number that opted out. */
export const reachableMessages = (count: number, timestamp: string): object[] =>
  Array.from({ length: count }, (_, index) => {
    const kind = index % 5;
    const userId = reachableId(index);
    const type = kind % 2 === 0 ? 'ios' : 'android';
    const token = `${kind < 2 ? 'live' : 'dead'}-${userId}`;
    return {
      type: 'identify',
      messageId: `reach-${userId}`,
      userId,
      timestamp,
      traits: {
        phone: `+49151${String(index).padStart(4, '0')}${kind === 3 ? '0000' : '1111'}`,
        group: 'reachable',
        consents: { sms: { marketing: true } },
      },
      ...(kind < 4 && { context: { device: { id: userId, type, token } } }),
    };
  });

export const reachableId = (index: number): string => `r${String(index).padStart(3, '0')}`;
