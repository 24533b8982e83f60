import { plural } from '../../base/plural.ts';
import { printable } from '../../base/printable.ts';
import { capture, DEFAULT_CAPTURE_NAME } from '../../host/capture.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';

/** Skipped files that are named; a user without root cannot read many. */
const NAMED = 3;

export function runCapture(
  file: string | undefined,
  options: { readonly root: string },
  out: Output,
): number {
  const path = file ?? DEFAULT_CAPTURE_NAME;
  const { files, skipped, bytes } = capture(options.root, path);
  const lines = [`${path}: ${plural(files, 'file')}, ${Math.ceil(bytes / 1024)} KiB`];
  if (skipped.length > 0) {
    const named = [...skipped.slice(0, NAMED), ...(skipped.length > NAMED ? ['…'] : [])].join(', ');
    lines.push(`${plural(skipped.length, 'file')} could not be read (run as root for all): ${named}`);
  }
  out.write(lines.map((line) => `${printable(line)}\n`).join(''));
  return EXIT.ok;
}
