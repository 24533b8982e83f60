/**
 * A document whose figures are the outputs of its own commands: every block ```console with a line `$ irqspace ...` holds what
 * that command prints, or writes an image with `> docs/images/NAME.svg`.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export const DOCUMENT = 'docs/the-mail.md';

const BLOCK = /```console\n\$ ([^\n]*)\n(.*?)```/gs;
const IMAGE = / > (docs\/images\/[a-z-]+\.svg)$/;

export interface Experiment {
  /** As it stands in the document. */
  readonly command: string;
  /** What the document says that it prints. */
  readonly printed: string;
  /** The file that it writes instead. */
  readonly image: string | undefined;
}

export function experimentsOf(text: string): Experiment[] {
  return [...text.matchAll(BLOCK)].map(([, command = '', printed = '']) => ({
    command,
    printed,
    image: IMAGE.exec(command)?.[1],
  }));
}

/** What the command prints now, by the program that was built; an image is printed, not written. */
export function outcomeOf({ command }: Experiment, root: string): string {
  const main = join(root, 'dist', 'cli', 'main.js');
  const program = `irqspace() { "${process.execPath}" "${main}" "$@"; }\n${command.replace(IMAGE, '')}\n`;
  const { stdout, stderr, error } = spawnSync('sh', ['-c', program], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  if (stderr !== '') throw new Error(`${command}: ${stderr}`);
  return stdout;
}

/** The document with new outcomes, in the order of its experiments. */
export function withOutcomes(text: string, outcomes: readonly string[]): string {
  let at = 0;
  return text.replace(BLOCK, (_block, command: string) => {
    const printed = IMAGE.test(command) ? '' : (outcomes[at] ?? '');
    at++;
    return `\`\`\`console\n$ ${command}\n${printed}\`\`\``;
  });
}

/** The document without its experiments: what somebody wrote. */
export function proseOf(text: string): string {
  return text.replace(BLOCK, '');
}
