// Servers on 127.0.0.1: taking a port, and the one way in which the local services open and close.

import type { Server } from 'node:http';

export interface Loopback {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly close: () => Promise<void>;
}

/** Port 0 takes a free one. */
export const serveOnLoopback = async (server: Server, port = 0): Promise<Loopback> => {
  // The SDK reuses sockets; the server must never be the first to close an idle one.
  server.keepAliveTimeout = 0;
  const taken = await listen(server, port);
  return {
    endpoint: `http://127.0.0.1:${taken}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

export const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(
              `Port ${port} of 127.0.0.1 is taken by another program. Stop that one, or give another port with --port.`,
            )
          : error,
      );
    });
    server.listen(port, '127.0.0.1', () => {
      server.removeAllListeners('error');
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
