import { VectorMap } from './map/vector-map.tsx';
import { DeviceList } from './panels/device-list.tsx';
import { Doubts } from './panels/doubts.tsx';
import { Findings } from './panels/findings.tsx';
import { InterruptPanel } from './panels/interrupt.tsx';
import { MachineBar } from './panels/machine-bar.tsx';
import { MachineFacts } from './panels/machine-facts.tsx';
import { NoVerdict, VerdictPanel } from './panels/verdict.tsx';
import { WhatIf } from './panels/what-if.tsx';
import { failure, hibernate, occupancy, report } from './state/answers.ts';

export function App() {
  const answer = report.value;
  const fits = hibernate.value;
  const use = occupancy.value;
  const problem = failure.value;
  return (
    <>
      <MachineBar report={answer} />
      {problem !== undefined && (
        <p class="failure" role="alert">
          {problem}
        </p>
      )}
      {answer === undefined || use === undefined ? (
        <p class="waiting">{problem === undefined ? 'Reading the machine…' : ''}</p>
      ) : (
        <main>
          <section class="top">
            {fits === undefined ? <NoVerdict /> : <VerdictPanel report={answer} fits={fits} />}
            <div class="top-side">
              <MachineFacts report={answer} />
              <Findings findings={answer.findings} />
            </div>
          </section>
          {fits !== undefined && <VectorMap report={answer} occupancy={use} hibernate={fits} />}
          <DeviceList />
          <div class="rail">
            <InterruptPanel />
            {fits !== undefined && <WhatIf report={answer} />}
            <Doubts report={answer} />
          </div>
        </main>
      )}
    </>
  );
}
