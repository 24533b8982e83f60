import { capture, DEFAULT_CAPTURE_NAME } from '../../host/capture.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { plural } from '../render/table.ts';

export function runCapture(
  file: string | undefined,
  options: { readonly root: string },
  out: Output,
): number {
  const path = file ?? DEFAULT_CAPTURE_NAME;
  const { files, skipped, bytes } = capture(options.root, path);
  out.write(`${path}: ${plural(files, 'file')}, ${Math.ceil(bytes / 1024)} KiB\n`);
  if (skipped.length > 0) {
    out.write(
      `${plural(skipped.length, 'file')} could not be read (run as root for all): ${skipped.slice(0, 3).join(', ')}${skipped.length > 3 ? ', …' : ''}\n`,
    );
  }
  return EXIT.ok;
}
