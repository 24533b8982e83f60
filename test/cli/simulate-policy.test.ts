import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { simulateAnswer } from '../../src/format/simulate.ts';
import { complaintOf, irqspace, jsonOf } from './run.ts';

const SERVER = join(import.meta.dirname, '../../docs/examples/server.json');

describe('irqspace simulate --policy', () => {
  it('gives out vectors as it says, and the answer names it', () => {
    const answerOf = (...args: string[]) =>
      simulateAnswer.parse(jsonOf(irqspace('simulate', SERVER, '--json', ...args)));
    const [linux, legacy] = [answerOf(), answerOf('--policy', 'legacy')];
    expect([linux.policy, linux.kernel.profile]).toEqual(['matrix', '6.1']);
    expect([legacy.policy, legacy.kernel.profile]).toEqual(['legacy', '4.14']);
    const idle = ({ state }: typeof linux): number =>
      state.irqs.filter(({ state }) => state === 'reserved').length;
    expect(idle(linux)).toBeGreaterThan(0);
    expect(idle(legacy)).toBe(0);
  });

  it('says under which policy it ran, and foretells no hibernation that another would decide', () => {
    const { stdout } = irqspace('simulate', SERVER, '--policy', 'legacy');
    expect(stdout).toContain('rules of 4.14, policy legacy');
    expect(stdout).toContain('not foretold under this policy');
    expect(irqspace('simulate', SERVER).stdout).not.toContain('policy');
  });

  it('names the policies there are, and the machine that one of them cannot run', () => {
    expect(complaintOf(irqspace('simulate', SERVER, '--policy', 'fair'))).toMatch(
      /^--policy: no policy "fair"; expected one of legacy, legacy-flat, .*, matrix$/,
    );
    expect(complaintOf(irqspace('simulate', SERVER, '--policy', 'legacy-flat'))).toMatch(
      /server\.json:6:\d+: machine\.cpus: legacy-flat: flat mode addresses 8 CPUs, not 32$/,
    );
  });
});
