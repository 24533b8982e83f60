import { clip } from './render/text.ts';
import { UsageError } from './usage-error.ts';

const LONGEST_INTERVAL = 3600;

/** `--interval`, in seconds. @throws UsageError */
export function intervalOption(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && seconds > 0 && seconds <= LONGEST_INTERVAL) return seconds;
  throw new UsageError(`--interval: expected seconds up to ${LONGEST_INTERVAL}, found "${clip(text, 40)}"`);
}
