import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareAnswer } from '../../src/format/compare.ts';
import { sweepAnswer } from '../../src/format/sweep.ts';
import { complaintOf, irqspace, jsonOf } from './run.ts';

const WORKLOADS = join(import.meta.dirname, '../../docs/workloads');
const THREAD = join(WORKLOADS, 'thread.json');
const SIZING = join(WORKLOADS, 'sizing.json');

describe('irqspace compare', () => {
  it('shows every policy, or those that are named; something fails: exit code 1', () => {
    const all = compareAnswer.parse(jsonOf(irqspace('compare', THREAD, '--json')));
    expect(all.policies).toHaveLength(12);
    expect(all.policies[0]?.stages[0]?.map).toBeUndefined();
    const two = irqspace('compare', THREAD, '--policy', 'legacy,matrix');
    expect(two.code).toBe(1);
    expect(two.stdout).toContain('disable failed');
    expect(two.stdout).not.toContain('overcommit');
    expect(irqspace('compare', join(WORKLOADS, 'one-port.json'), '--policy', 'matrix').code).toBe(0);
  });

  it('draws: an SVG, a page that fetches nothing, and a plot of a sweep', () => {
    const svg = irqspace('compare', THREAD, '--policy', 'legacy,matrix', '--svg').stdout;
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg.match(/<path fill=/g)?.length).toBeGreaterThan(6);
    const page = irqspace('compare', THREAD, '--policy', 'legacy,matrix', '--html').stdout;
    expect(page).toContain('CPU 31 disable failed');
    // Prose is headed where it begins, and goes on where nothing fails.
    const one = irqspace('compare', join(WORKLOADS, 'one-port.json'), '--policy', 'matrix', '--html').stdout;
    expect(one).toContain('<th scope="col" class="text">at</th>');
    expect(one).toContain('<td>matrix</td><td class="text" colspan="3">nothing fails</td></tr>');
    expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|<script|@import|url\(/);
    const plot = ['--sweep', 'online=2,4', 'i40e.count=1..64', '--svg'];
    expect(irqspace('compare', SIZING, '--policy', 'legacy,matrix', ...plot).stdout).toMatch(
      /^<svg [\s\S]*triangle/,
    );
  });

  it('sweeps in threads as in one', () => {
    const args = ['compare', SIZING, '--policy', 'legacy,overcommit', '--json'];
    const dimensions = ['--sweep', 'online=2', 'i40e.count=1..40:1'];
    const [one, two] = ['1', '2'].map((jobs) =>
      sweepAnswer.parse(jsonOf(irqspace(...args, '--jobs', jobs, ...dimensions))),
    );
    expect(two).toEqual(one);
    expect(one?.scenarios).toBe(80);
  });

  it('prints the scenario that it would run', () => {
    const { stdout, code } = irqspace('compare', '--root', '/', '--scenario');
    expect([code, JSON.parse(stdout).kind]).toEqual([0, 'scenario']);
  });

  it.each([
    [['compare'], /a scenario is needed, - for standard input, or --root/],
    [['compare', THREAD, '--root', '/'], /^--root: expected no scenario with it$/],
    [['compare', THREAD, '--json', '--svg'], /^--json and --svg: expected one of them$/],
    [['compare', THREAD, '--policy', 'fair'], /^--policy: no policy "fair"/],
    [['compare', THREAD, '--jobs', '0', '--sweep', 'cpus=2..4'], /^--jobs: expected 1 to 256/],
    [['compare', THREAD, '--sweep', 'cpus=4..2'], /^--sweep: cpus: expected a range that ascends/],
    [['compare', THREAD, '--sweep', 'i40e.count=1..2', '--svg'], /^--svg: expected a range, and one other/],
    [['compare', THREAD, '--jobs', '2', '--sweep', 'online=99,98', 'count=1..9:1'], /machine\.online/],
  ])('%j is refused in one line', (args, words) => {
    expect(complaintOf(irqspace(...args))).toMatch(words);
  });
});
