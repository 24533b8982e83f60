import { createAdaptorServer } from '@hono/node-server';
import type { App } from './app.ts';

export interface ListenOptions {
  /** 0: any port that is free. */
  readonly port: number;
  /** Loopback only: there is no log-in. */
  readonly host: '127.0.0.1';
}

export interface Listening {
  /** With the port that was really taken. */
  readonly url: string;
  /** Ends open connections too. */
  close(): Promise<void>;
}

/** The address cannot be had; the message is one line for the user. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** Rejects with {@link ListenError} where the port is taken or not allowed. */
export function listen(app: App, { port, host }: ListenOptions): Promise<Listening> {
  const server = createAdaptorServer({ fetch: (request) => app.fetch(request), hostname: host });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port, host)));
    server.listen(port, host, () => {
      const address = server.address();
      const taken = typeof address === 'object' && address !== null ? address.port : port;
      resolve({
        url: `http://${host}:${taken}/`,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            // Browsers keep connections open; waiting for them would hang.
            if ('closeAllConnections' in server) server.closeAllConnections();
          }),
      });
    });
  });
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): ListenError {
  const code = error.code ?? 'unknown';
  if (code === 'EADDRINUSE') {
    return new ListenError(`port ${port} on ${host} is in use: choose another with --port`, code);
  }
  if (code === 'EACCES') {
    return new ListenError(
      `port ${port} on ${host} needs more rights: choose one above 1023 with --port`,
      code,
    );
  }
  return new ListenError(`cannot listen on port ${port} of ${host}: ${error.message}`, code);
}
