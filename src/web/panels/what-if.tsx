import { useSignal } from '@preact/signals';
import type { Fits, FitsStep } from '../../format/fits.ts';
import type { Report } from '../../format/report.ts';
import { whatIf } from '../state/answers.ts';
import { problemOf } from '../state/ask.ts';
import { hasBounds } from '../state/certainty.ts';
import {
  lostIrqs,
  margin,
  reservations,
  tooMany,
  type Verdict,
  verdictOf,
  verdictOfStep,
} from '../state/verdict.ts';
import { view } from '../state/view.ts';
import { Asked } from './asked.tsx';
import { ChangeLines, MostThatFit } from './change-lines.tsx';
import { areLost, figure, isUnknown, plural } from './figure.ts';
import { Icon } from './icon.tsx';
import { Lost } from './lost.tsx';
import { QuestionForm } from './question-form.tsx';
import { Reservations } from './reservations.tsx';
import { VirtualTable } from './virtual-table.tsx';

/** “And if …, and then …?” Nothing is changed on the machine. */
export function WhatIf({ report }: { readonly report: Report }) {
  const question = view.value.ask;
  const { answer, failure, isAsking } = whatIf.value;
  const problem = problemOf(question) ?? failure;
  return (
    <section class="panel what-if" aria-labelledby="what-if-title">
      <h2 id="what-if-title">What if</h2>
      <QuestionForm report={report} question={question} />
      {question !== undefined && <Asked question={question} />}
      <div aria-live="polite">
        {problem !== undefined && <p class="problem">{problem}</p>}
        {answer === undefined && isAsking && <p class="quiet">Asking…</p>}
        {answer !== undefined && <Answer report={report} fits={answer} />}
      </div>
    </section>
  );
}

const WORDS: Readonly<Record<Exclude<Verdict, 'loses'>, string>> = {
  fits: 'It fits',
  refused: 'It does not fit',
  undecided: 'It cannot be decided',
};

function headline(verdict: Verdict, { steps }: Fits, lost: number): string {
  if (verdict !== 'loses') return WORDS[verdict];
  const [first] = steps;
  if (first?.change === 'offline' && steps.length === 1) return `CPU ${first.cpu} goes, but ${areLost(lost)}`;
  return `It fits, but ${areLost(lost)}`;
}

/** What was asked, as it was understood. */
function questionOf({ steps, changes }: Fits): string {
  if (changes.length > 1) return `${changes.length} changes, in order`;
  const [change] = changes;
  if (change?.steps === undefined) return `${change?.change ?? ''} ${change?.target ?? ''}`;
  if (change.change !== 'offline') return `${change.change} in ${plural(steps.length, 'step')}`;
  const cpus = shortened(
    steps.map((step) => String(step.cpu)),
    8,
  );
  return `${steps.length === 1 ? 'CPU' : 'CPUs'} ${cpus} offline`;
}

function Answer({ report, fits }: { readonly report: Report; readonly fits: Fits }) {
  const verdict = verdictOf(fits);
  const chosen = useSignal<number | undefined>(undefined);
  const lost = lostIrqs(fits);
  const refused = fits.steps.findIndex((step) => step.fits !== true);
  const losing = fits.steps.findIndex((step) => step.stuck.length > 0);
  const [interesting = fits.steps.length - 1] = [refused, losing].filter((at) => at >= 0);
  const at = chosen.value ?? interesting;
  const step = fits.steps[at];
  const messages = fits.steps.flatMap(({ message }) => message ?? []);
  return (
    <>
      <p class={`what-if-verdict verdict-${verdict}`}>
        <span class="verdict-mark">
          <Icon name={verdict} />
        </span>
        {headline(verdict, fits, lost.length)}
        <span class="quiet tabular">
          {questionOf(fits)}
          {hasBounds(fits) ? ', bounded' : ''}
        </span>
      </p>
      {messages.length > 0 && (
        <ul class="kernel-messages" title="What the kernel would log">
          {messages.map((message) => (
            <li key={message}>
              <code class="kernel-message">{message}</code>
            </li>
          ))}
        </ul>
      )}
      <MostThatFit fits={fits} />
      <ChangeLines changes={fits.changes} />
      <Lost irqs={lost} />
      <Reservations texts={reservations(report, fits)} />
      {fits.steps.length > 0 && (
        <VirtualTable
          label="Steps"
          class="step-table"
          columns={['cpu', 'needed', 'available', 'left', 'verdict']}
          count={fits.steps.length}
          rowHeight={24}
          visibleRows={8}
          head={
            <tr>
              {['CPU', 'needed', 'available', 'left'].map((label) => (
                <th scope="col" key={label} class="number">
                  {label}
                </th>
              ))}
              <th scope="col">
                <span class="visually-hidden">answer</span>
              </th>
            </tr>
          }
          row={(n) => {
            const line = fits.steps[n];
            if (line === undefined) return null;
            const choose = (): void => {
              chosen.value = n;
            };
            return <StepLine key={n} step={line} isChosen={n === at} choose={choose} />;
          }}
        />
      )}
      {step !== undefined && <StepFacts step={step} lost={lost.length} />}
    </>
  );
}

interface StepLineProps {
  readonly step: FitsStep;
  readonly isChosen: boolean;
  readonly choose: () => void;
}

function StepLine({ step, isChosen, choose }: StepLineProps) {
  const verdict = verdictOfStep(step);
  return (
    <tr class={`verdict-${verdict} ${isChosen ? 'is-chosen' : ''}`}>
      <td class="number">
        <button type="button" aria-pressed={isChosen} onClick={choose}>
          {step.cpu}
        </button>
      </td>
      <td class="number">{figure(step.needed)}</td>
      <td class="number">{figure(step.available)}</td>
      <td class="number">{isUnknown(step.needed) ? '?' : margin(step).toLocaleString('en')}</td>
      <td class="step-verdict">
        <Icon name={verdict} />
        {stepWord(verdict, step)}
      </td>
    </tr>
  );
}

function stepWord(verdict: Verdict, step: FitsStep): string {
  if (verdict === 'loses') return `${step.stuck.length.toLocaleString('en')} lost`;
  return verdict === 'fits' ? 'goes' : verdict;
}

/** What the chosen step does to interrupts. Lists are cut: the whole is in `irqspace fits --json`. */
function StepFacts({ step, lost }: { readonly step: FitsStep; readonly lost: number }) {
  const lists: readonly (readonly [string, readonly number[], string])[] = [
    ['shut down', step.shutdown, 'managed, until a CPU of the mask returns'],
    ['mask lost', step.broken, 'may then go to any online CPU'],
    // Where this step loses them all, they stand above.
    ['lost', step.stuck.length < lost ? step.stuck : [], 'no vector in the mask: stays on the dead CPU'],
  ];
  const excess = tooMany(step);
  return (
    <div class="step-facts">
      {excess !== undefined && (
        <p class="tabular">
          CPU {step.cpu}: <b>at least {excess.toLocaleString('en')} too many</b>, whatever the figures are
          within their bounds
        </p>
      )}
      {step.moves.length > 0 && (
        <p class="tabular">
          <b>{plural(step.moves.length, 'move')}</b> from CPU {step.cpu}: {shortened(movesOf(step))}
        </p>
      )}
      {lists.map(([label, irqs, meaning]) =>
        irqs.length === 0 ? null : (
          <p key={label} class="tabular">
            <b>
              {irqs.length.toLocaleString('en')} {label}
            </b>{' '}
            ({meaning}): {shortened(irqs.map((irq) => `IRQ ${irq}`))}
          </p>
        ),
      )}
    </div>
  );
}

/** A lone VECTOR dump names no interrupts: there it is only so many to each CPU. */
function movesOf({ moves }: FitsStep): string[] {
  const nameless = new Map<number, number>();
  for (const { irq, to } of moves) if (irq === null) nameless.set(to, (nameless.get(to) ?? 0) + 1);
  return [
    ...moves.flatMap(({ irq, to }) => (irq === null ? [] : `IRQ ${irq} → ${to}`)),
    ...[...nameless].map(([to, count]) => `${count} → ${to}`),
  ];
}

function shortened(items: readonly string[], most = 12): string {
  const shown = items.slice(0, most).join(', ');
  return items.length > most ? `${shown} and ${items.length - most} more` : shown;
}
