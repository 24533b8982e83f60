/** Documents that name what the code has: they fail together or not at all. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { applied } from '../src/format/apply.ts';
import { auditAnswer, auditInventory } from '../src/format/audit.ts';
import { compareAnswer } from '../src/format/compare.ts';
import { drivers } from '../src/format/drivers.ts';
import { explain } from '../src/format/explain.ts';
import { explainMessage } from '../src/format/explain-message.ts';
import { exportAnswer } from '../src/format/export.ts';
import { fits } from '../src/format/fits.ts';
import { plan } from '../src/format/plan.ts';
import { report } from '../src/format/report.ts';
import { scenarioJsonSchema } from '../src/format/scenario.ts';
import { simulateAnswer } from '../src/format/simulate.ts';
import { spread } from '../src/format/spread.ts';
import { sweepAnswer } from '../src/format/sweep.ts';
import { watchSample } from '../src/format/watch.ts';
import { DRIVERS_DOCUMENT, driversDocument } from '../tools/docs/drivers-document.ts';

const read = (path: string): string => readFileSync(join(import.meta.dirname, '..', path), 'utf8');

/** Every property name of a schema, at any depth. */
function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => [
    ...(key === 'properties' ? Object.keys(value) : []),
    ...keysOf(value),
  ]);
}

describe('docs/formats.md', () => {
  const text = read('docs/formats.md');

  it.each(
    Object.entries({
      report,
      fits,
      plan,
      applied,
      explain,
      explainMessage,
      exportAnswer,
      spread,
      simulate: simulateAnswer,
      drivers,
      audit: auditAnswer,
      inventory: auditInventory,
      compare: compareAnswer,
      sweep: sweepAnswer,
      watch: watchSample,
    }),
  )('names every field of %s', (_name, schema) => {
    const keys = new Set(keysOf(z.toJSONSchema(schema)));
    expect(keys.size).toBeGreaterThan(5);
    const words = new Set(text.match(/[A-Za-z]+/g));
    expect([...keys].filter((key) => !words.has(key))).toEqual([]);
  });
});

describe('docs/drivers.md', () => {
  it('is what the catalogue says', () => {
    const advice = `${DRIVERS_DOCUMENT} is not what the catalogue says: npm run docs writes it anew`;
    expect(read(DRIVERS_DOCUMENT) === driversDocument(), advice).toBe(true);
  });
});

describe('docs/scenarios.md', () => {
  const words = new Set(read('docs/scenarios.md').match(/[A-Za-z0-9-]+/g));

  it('names every field and every step of a scenario', () => {
    const schema = scenarioJsonSchema();
    const steps = JSON.stringify(schema).match(/(?<="const":")[a-z-]+/g) ?? [];
    expect(steps.length).toBeGreaterThan(10);
    const missing = [...keysOf(schema), ...steps].filter((word) => !words.has(word) && word !== '$schema');
    expect(missing).toEqual([]);
  });

  it('shows the example that is there', () => {
    const [, shown = ''] = /```json\n(.*?)```/s.exec(read('docs/scenarios.md')) ?? [];
    expect(shown).toBe(read('docs/examples/server.json'));
  });
});

describe('the documents that README.md names', () => {
  it('are there', () => {
    for (const [, path] of read('README.md').matchAll(/\]\(([^)#]+)\)/g)) {
      expect(() => readFileSync(join(import.meta.dirname, '..', path ?? ''))).not.toThrow();
    }
  });
});
