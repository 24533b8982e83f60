import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** One file of the built page, ready to be sent. */
export interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly etag: string;
  readonly cacheControl: string;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
};

/** Vite puts a hash of the content into these names: the same name always has the same bytes. */
const HASHED = /-[\w-]{8,}\.(?:js|css|svg|png)$/;

/**
 * Reads the built page into memory: request path to file. It is a handful of files, and a path that is not in
 * the map does not exist: no request can walk out of the directory. Empty when the page was not built.
 */
export function readPage(directory: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  const visit = (folder: string, urlPath: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path, `${urlPath}${entry.name}/`);
      else if (entry.isFile()) files.set(`${urlPath}${entry.name}`, pageFile(path, entry.name));
    }
  };
  try {
    visit(directory, '/');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const index = files.get('/index.html');
  if (index !== undefined) files.set('/', index);
  return files;
}

function pageFile(path: string, name: string): PageFile {
  const bytes = new Uint8Array(readFileSync(path));
  return {
    bytes,
    contentType: CONTENT_TYPES[extname(name)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    cacheControl: HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
}
