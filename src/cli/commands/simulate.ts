import { scenarioJsonSchema } from '../../format/scenario.ts';
import { readText } from '../../host/read-text.ts';
import { simulateOf } from '../../query/simulate.ts';
import { EXIT } from '../exit-codes.ts';
import { kernelOption } from '../machine.ts';
import { type Output, writeJson } from '../output.ts';
import { policyOption } from '../policy-option.ts';
import { renderSimulate } from '../render/simulate.ts';
import { locating, UsageError } from '../usage-error.ts';

export interface SimulateOptions {
  readonly kernel?: string;
  readonly policy?: string;
  readonly map?: boolean;
  readonly events?: boolean;
  readonly schema?: boolean;
  readonly json?: boolean;
}

export function runSimulate(path: string | undefined, options: SimulateOptions, out: Output): number {
  if (options.schema === true) {
    out.write(`${JSON.stringify(scenarioJsonSchema(), undefined, 2)}\n`);
    return EXIT.ok;
  }
  if (path === undefined)
    throw new UsageError('simulate: the file of a scenario is needed, or - for standard input');
  const rules = { kernel: kernelOption(options.kernel), policy: policyOption(options.policy) };
  const { file, text } = readText(path, 'a scenario');
  const answer = locating(() => simulateOf(text, file, rules, { orders: true }));
  if (options.json === true) writeJson(out, answer);
  else out.write(renderSimulate(answer, { map: options.map === true, events: options.events === true }, out));
  return answer.refused === 0 ? EXIT.ok : EXIT.no;
}
