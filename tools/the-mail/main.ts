// Runs the experiments of docs/the-mail.md and puts what they print into it: npm run the-mail
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOCUMENT, experimentsOf, outcomeOf, withOutcomes } from './document.ts';

const root = process.cwd();
const path = join(root, DOCUMENT);
const text = readFileSync(path, 'utf8');
const outcomes = experimentsOf(text).map((experiment) => {
  console.log(experiment.command);
  const outcome = outcomeOf(experiment, root);
  if (experiment.image !== undefined) writeFileSync(join(root, experiment.image), outcome);
  return outcome;
});
writeFileSync(path, withOutcomes(text, outcomes));
