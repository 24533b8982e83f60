/**
 * `npm run conformance -- DIR...`: runs logs of the kernel's own functions through the model and compares every field
 * of every line. Kinds are told apart by keys (kinds.ts).
 */
import { conformance } from './conformance.ts';

process.exitCode = conformance(process.argv.slice(2), {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
});
