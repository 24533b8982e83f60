/** docs/the-mail.md: what it says that its commands print is what they print, and every figure in its prose is one of theirs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DOCUMENT, experimentsOf, outcomeOf, proseOf, withOutcomes } from '../../tools/the-mail/document.ts';

// Fails with a plain word where the program is not built.
const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, DOCUMENT), 'utf8');
const experiments = experimentsOf(text);

/** A sweep of hundreds of scenarios, on a machine that may be busy. */
const LONG_MS = 300_000;

describe(DOCUMENT, () => {
  it.each(experiments)('$command', { timeout: LONG_MS }, (experiment) => {
    const said =
      experiment.image === undefined
        ? experiment.printed
        : readFileSync(join(root, experiment.image), 'utf8');
    expect(outcomeOf(experiment, root)).toBe(said);
    if (experiment.image !== undefined) expect(text).toContain(`(images/${experiment.image.slice(12)})`);
  });

  it('names every claim, and has an experiment for all but those that a model cannot test', () => {
    const named = text.match(/M\d+/g) ?? [];
    expect(new Set(named).size).toBe(16);
    expect(experiments.length).toBeGreaterThan(12);
  });

  it('has no figure in its prose that no command printed', () => {
    const printed = new Set(experiments.flatMap(({ printed: lines }) => lines.match(/\d+/g) ?? []));
    const prose = proseOf(text).replace(/\b(M\d+|v?\d+\.\d+|i40e|20\d\d)\b/g, '');
    const figures = prose.match(/\b\d+\b/g) ?? [];
    expect(figures.length).toBeGreaterThan(0);
    expect(figures.filter((figure) => !printed.has(figure))).toEqual([]);
  });

  it('a changed outcome is put where its command stands', () => {
    const said = '```console\n$ irqspace a\nold\n```\n\n```console\n$ irqspace b > docs/images/b.svg\n```\n';
    expect(withOutcomes(said, ['new\n', '<svg/>'])).toBe(said.replace('old', 'new'));
  });
});
