import { LocatedError } from '../../format/located-json.ts';
import { readText } from '../../host/read-text.ts';
import type { VectorPolicy } from '../../policy/vector-policy.ts';
import { compareOf } from '../../query/compare/compare.ts';
import { EXIT } from '../exit-codes.ts';
import { kernelOption } from '../machine.ts';
import { type Output, writeJson } from '../output.ts';
import { policiesOption } from '../policy-option.ts';
import { renderCompare } from '../render/compare.ts';
import { UsageError } from '../usage-error.ts';

export interface CompareOptions {
  readonly kernel?: string;
  readonly policy?: string;
  readonly map?: boolean;
  readonly json?: boolean;
}

export function runCompare(path: string | undefined, options: CompareOptions, out: Output): number {
  if (path === undefined)
    throw new UsageError('compare: the file of a scenario is needed, or - for standard input');
  const kernel = kernelOption(options.kernel);
  const policies: readonly VectorPolicy[] | undefined = policiesOption(options.policy);
  const { file, text } = readText(path, 'a scenario');
  const answer = locating(() => compareOf(text, file, { kernel, policies, map: options.map === true }));
  if (options.json === true) writeJson(out, answer);
  else out.write(renderCompare(answer, out));
  return answer.policies.every(({ failures }) => failures === 0) ? EXIT.ok : EXIT.no;
}

function locating<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof LocatedError) throw new UsageError(error.message);
    throw error;
  }
}
