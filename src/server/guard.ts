import type { MiddlewareHandler } from 'hono';

const LOCAL_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Everything the page needs comes from this server; it may not be framed, nor send anything elsewhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join('; ');

/** The name in a Host header without its port; undefined when it is not a host and a port. */
function hostName(host: string): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[^:[\]/@\s]+)(?::\d{1,5})?$/i.exec(host.trim())?.[1]?.toLowerCase();
}

/**
 * Refuses requests that a foreign web page could have caused. A page whose name was re-bound to 127.0.0.1
 * still sends its own name as Host; a page that merely links here is marked by the browser as cross-site.
 * There is no CORS header anywhere: other origins may not read an answer.
 */
export const guard: MiddlewareHandler = async (c, next) => {
  const host = c.req.header('host') ?? new URL(c.req.url).host;
  const name = hostName(host);
  if (name === undefined || !LOCAL_HOSTS.has(name)) {
    return c.json({ error: 'this server answers only to 127.0.0.1, localhost and [::1]' }, 403);
  }
  if (c.req.path.startsWith('/api/') && c.req.header('sec-fetch-site') === 'cross-site') {
    return c.json({ error: 'requests from other sites are refused' }, 403);
  }
  return next();
};

/** Outermost, so that refusals and failures carry the headers as well. */
export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  c.header('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  c.header('X-Content-Type-Options', 'nosniff');
  c.header('Referrer-Policy', 'no-referrer');
  c.header('Cross-Origin-Resource-Policy', 'same-origin');
};
