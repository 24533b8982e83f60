/** The server's one line about why it cannot answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
}

/**
 * Asks the server that this page came from. Only kind and version are looked at: the schemas stay in the server,
 * where they are tested against the same answers, and out of the page's bundle.
 */
export async function ask<T extends { readonly kind: string; readonly version: number }>(
  path: string,
  kind: T['kind'],
  signal?: AbortSignal,
): Promise<T> {
  const response = await fetch(path, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError('the server does not answer: is irqspace still running?');
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new ApiError(errorLine(body) ?? `the server answered ${response.status}`);
  if (!isAnswer(body) || body.kind !== kind || body.version !== 1) {
    throw new ApiError(`the server gave no ${kind} of version 1: reload the page`);
  }
  return body as unknown as T;
}

function isAnswer(body: unknown): body is { kind: unknown; version: unknown } {
  return typeof body === 'object' && body !== null && 'kind' in body && 'version' in body;
}

function errorLine(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined;
  return typeof body.error === 'string' ? body.error : undefined;
}
