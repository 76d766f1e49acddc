// What has been opened and how it is closed again: last opened, first closed.

type Close = () => Promise<void> | void;

export interface Closers {
  readonly add: (close: Close) => void;
  /** Notes a service's close and gives the service back. */
  readonly opened: <T extends { readonly close: Close }>(service: T) => T;
  readonly closeAll: () => Promise<void>;
}

export const createClosers = (): Closers => {
  const closers: Close[] = [];
  return {
    add: (close) => void closers.push(close),
    opened: (service) => {
      closers.push(() => service.close());
      return service;
    },
    closeAll: async () => {
      for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
        await close();
      }
    },
  };
};
