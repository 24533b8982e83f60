import { exactly } from '../../base/range.ts';
import type { Fits } from '../../format/fits.ts';
import type { Report } from '../../format/report.ts';
import {
  openQuestions,
  reservations,
  tooMany,
  type Verdict,
  type VerdictFacts,
  verdictFacts,
} from '../state/verdict.ts';
import { areLost, figure, plural } from './figure.ts';
import { Icon } from './icon.tsx';
import { Lost } from './lost.tsx';
import { Reservations } from './reservations.tsx';
import { isCurve, StepChart } from './step-chart.tsx';

const TITLES: Readonly<Record<Verdict, (lost: number) => string>> = {
  fits: () => 'Hibernation fits',
  loses: (lost) => `Hibernation fits, but ${areLost(lost)}`,
  refused: () => 'Hibernation does not fit',
  undecided: () => 'Hibernation cannot be decided',
};

interface Props {
  readonly report: Report;
  readonly fits: Fits;
}

/** The first thing on the page: would this machine hibernate, and where exactly not. Suspend is the same. */
export function VerdictPanel({ report, fits }: Props) {
  const facts = verdictFacts(fits);
  const steps = report.cpus.filter((cpu) => cpu.online).length - 1;
  const hasChart = isCurve(fits);
  const open = openQuestions(fits);
  return (
    <div class={`verdict verdict-${facts.verdict}`}>
      <div class="verdict-text">
        <h1>
          <span class="verdict-mark">
            <Icon name={facts.verdict} />
          </span>
          {TITLES[facts.verdict](facts.lost.length)}
        </h1>
        <p class="verdict-why">
          <Why facts={facts} steps={steps} />
        </p>
        <Lost irqs={facts.lost} />
        {facts.message !== undefined && (
          <code class="kernel-message" title="What the kernel would log">
            {facts.message}
          </code>
        )}
        {facts.verdict !== 'undecided' ? (
          <Reservations texts={reservations(report, fits)} />
        ) : (
          open.length > 0 && <p class="quiet">What would decide it: {open.join('; ')}</p>
        )}
        {hasChart && <EndState facts={facts} />}
      </div>
      {hasChart ? <StepChart fits={fits} steps={steps} /> : <EndState facts={facts} />}
    </div>
  );
}

/** Another architecture; or nothing that shows one. */
export function NoVerdict() {
  return (
    <div class="verdict">
      <div class="verdict-text">
        <h1>No x86 interrupt vectors here</h1>
        <p class="verdict-why">
          Interrupts are listed; what fits is a question for the vectors of Linux on x86.
        </p>
      </div>
    </div>
  );
}

function Why({ facts, steps }: { readonly facts: VerdictFacts; readonly steps: number }) {
  const step = facts.decisive;
  if (step === undefined) return <>There is only one CPU online: none has to go.</>;
  const excess = tooMany(step);
  const numbers = (
    <>
      <b class="tabular">{figure(step.needed)}</b> vectors have to move,{' '}
      <b class="tabular">{figure(step.available)}</b> are available on the other online CPUs
      {excess === undefined ? '.' : `: at least ${figure(exactly(excess))} too many.`}
    </>
  );
  const place = `step ${facts.stepNumber} of ${steps}`;
  if (facts.verdict === 'fits' || facts.verdict === 'loses') {
    return (
      <>
        {steps > 1 && `Of ${plural(steps + 1, 'CPU')}, ${steps} go offline. Tightest at `}
        <b>CPU {step.cpu}</b>
        {steps > 1 ? `, ${place}` : ' goes offline'}: {numbers}
      </>
    );
  }
  if (facts.verdict === 'refused') {
    return (
      <>
        The kernel refuses at <b>CPU {step.cpu}</b>, {place}: {numbers}
      </>
    );
  }
  return (
    <>
      Open from <b>CPU {step.cpu}</b> on, {place}: {numbers}
    </>
  );
}

/** What has to share the last CPU against what it can hold, on one scale. */
function EndState({ facts }: { readonly facts: VerdictFacts }) {
  const end = facts.endState;
  if (end === undefined) return null;
  const scale = Math.max(end.needed.max, end.room.max, 1);
  const percent = (n: number): string => `${(100 * n) / scale}%`;
  return (
    <div class="end-state">
      <p>
        In the end <b class="tabular">{figure(end.needed)}</b> regular vectors share CPU {end.cpu}, which has
        room for <b class="tabular">{figure(end.room)}</b>.
      </p>
      <div class="gauge" aria-hidden="true">
        <div class="gauge-room" style={{ width: percent(end.room.min) }} />
        <div class="gauge-demand" style={{ width: percent(end.needed.min) }} />
        <div
          class="gauge-doubt"
          style={{ left: percent(end.needed.min), width: percent(end.needed.max - end.needed.min) }}
        />
        {end.room.min < scale && <div class="gauge-limit" style={{ left: percent(end.room.min) }} />}
      </div>
    </div>
  );
}
