import { useSignal } from '@preact/signals';
import type { Fits, FitsStep } from '../../format/fits.ts';
import type { Report } from '../../format/report.ts';
import { whatIf } from '../state/answers.ts';
import { margin, type Verdict, verdictOf } from '../state/verdict.ts';
import { changeView, view } from '../state/view.ts';
import { problemOf } from '../state/view-state.ts';
import { figure, plural } from './figure.ts';
import { Icon } from './icon.tsx';
import { VirtualTable } from './virtual-table.tsx';

/** “And if these CPUs went offline, in this order?” Nothing is changed on the machine. */
export function WhatIf({ report }: { readonly report: Report }) {
  const question = view.value.ask;
  const asked = question?.change === 'offline' ? question.cpus : '';
  // CPU 0 cannot go.
  const example = report.cpus
    .filter(({ cpu, online }) => online && cpu > 0)
    .map(({ cpu }) => cpu)
    .slice(-2)
    .reverse();
  const { answer, failure, isAsking } = whatIf.value;
  const problem = problemOf(question) ?? failure;
  return (
    <section class="panel what-if" aria-labelledby="what-if-title">
      <h2 id="what-if-title">What if</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const cpus = String(new FormData(event.currentTarget).get('cpus') ?? '').replaceAll(' ', '');
          changeView({ ask: cpus === '' ? undefined : { change: 'offline', cpus } });
        }}
      >
        <label for="what-if-cpus">CPUs go offline, in this order</label>
        <div class="what-if-line">
          <input
            id="what-if-cpus"
            name="cpus"
            key={asked}
            defaultValue={asked}
            placeholder={example.length === 0 ? '' : `e.g. ${example.join(',')}`}
            autocomplete="off"
            spellcheck={false}
          />
          <button type="submit">Ask</button>
          <button type="button" onClick={() => changeView({ ask: { change: 'suspend' } })}>
            Suspend?
          </button>
          {question !== undefined && (
            <button
              type="button"
              class="icon-button"
              aria-label="Clear the question"
              onClick={() => changeView({ ask: undefined })}
            >
              <Icon name="close" />
            </button>
          )}
        </div>
      </form>
      <div aria-live="polite">
        {problem !== undefined && <p class="problem">{problem}</p>}
        {answer === undefined && isAsking && <p class="quiet">Asking…</p>}
        {answer !== undefined && <Answer fits={answer} />}
      </div>
    </section>
  );
}

const WORDS: Readonly<Record<Verdict, string>> = {
  fits: 'It fits',
  refused: 'It does not fit',
  undecided: 'It cannot be decided',
};

function Answer({ fits }: { readonly fits: Fits }) {
  const verdict = verdictOf(fits);
  const chosen = useSignal<number | undefined>(undefined);
  const interesting = fits.steps.findIndex((step) => step.fits !== true);
  const at = chosen.value ?? (interesting >= 0 ? interesting : fits.steps.length - 1);
  const step = fits.steps[at];
  return (
    <>
      <p class={`what-if-verdict verdict-${verdict}`}>
        <span class="verdict-mark">
          <Icon name={verdict} />
        </span>
        {WORDS[verdict]}
        <span class="quiet">
          {fits.steps[0]?.change ?? ''} in {plural(fits.steps.length, 'step')}
          {fits.certainty === 'bounded' ? ', bounded' : ''}
        </span>
      </p>
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
      {step !== undefined && <StepFacts step={step} />}
    </>
  );
}

interface StepLineProps {
  readonly step: FitsStep;
  readonly isChosen: boolean;
  readonly choose: () => void;
}

function StepLine({ step, isChosen, choose }: StepLineProps) {
  const verdict: Verdict = step.fits === null ? 'undecided' : step.fits ? 'fits' : 'refused';
  return (
    <tr class={`verdict-${verdict} ${isChosen ? 'is-chosen' : ''}`}>
      <td class="number">
        <button type="button" aria-pressed={isChosen} onClick={choose}>
          {step.cpu}
        </button>
      </td>
      <td class="number">{figure(step.needed)}</td>
      <td class="number">{figure(step.available)}</td>
      <td class="number">{margin(step).toLocaleString('en')}</td>
      <td class="step-verdict">
        <Icon name={verdict} />
        {verdict === 'fits' ? 'goes' : verdict}
      </td>
    </tr>
  );
}

/** What the chosen step does to interrupts. Lists are cut: the whole is in `irqspace fits --json`. */
function StepFacts({ step }: { readonly step: FitsStep }) {
  const lists: readonly (readonly [string, readonly number[], string])[] = [
    ['shut down', step.shutdown, 'managed, until a CPU of the mask returns'],
    ['mask lost', step.broken, 'may then go to any online CPU'],
    ['stuck', step.stuck, 'no vector in the mask: stays on the dead CPU, lost'],
  ];
  return (
    <div class="step-facts">
      {step.message !== undefined && <code class="kernel-message">{step.message}</code>}
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

function shortened(items: readonly string[]): string {
  const shown = items.slice(0, 12).join(', ');
  return items.length > 12 ? `${shown} and ${items.length - 12} more` : shown;
}
