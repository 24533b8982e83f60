import type { ReportIrq } from '../../format/report.ts';
import { managedWord } from '../map/describe.ts';
import { devices, explanation, selectedIrq } from '../state/answers.ts';
import { type DeviceRow, deviceKey } from '../state/devices.ts';
import { changeView, view } from '../state/view.ts';
import { plural } from './figure.ts';
import { Icon } from './icon.tsx';
import { VirtualTable } from './virtual-table.tsx';

/** What is chosen: an interrupt with its explanation, or a device with its interrupts. */
export function InterruptPanel() {
  const irq = selectedIrq.value;
  if (irq !== undefined) return <Interrupt irq={irq} />;
  const device = devices.value.find((row) => row.key === view.value.device);
  if (device !== undefined) return <Device device={device} />;
  return (
    <section class="panel">
      <h2>Nothing chosen</h2>
      <p class="quiet">
        Click a vector on the map or a device in the list. With the map in focus: arrow keys move,{' '}
        <kbd>Shift</kbd> with <kbd>←</kbd> <kbd>→</kbd> goes to the next interrupt, <kbd>Home</kbd> and{' '}
        <kbd>End</kbd> to the ends, <kbd>Enter</kbd> chooses, <kbd>Esc</kbd> clears.
      </p>
    </section>
  );
}

const STATES: Readonly<Record<ReportIrq['state'], string>> = {
  active: 'has a vector',
  shutdown: 'shut down: no CPU of its mask is online',
  reserved: 'reserved: holds no vector until it is requested',
  'legacy-pic': 'handled by the legacy PIC',
  other: 'does not use an x86 vector of its own',
  unknown: 'cannot be told from what was readable',
};

const SHORT_STATES: Readonly<Record<ReportIrq['state'], string>> = {
  active: 'CPU not shown',
  shutdown: 'shut down',
  reserved: 'reserved',
  'legacy-pic': 'legacy PIC',
  other: 'no vector',
  unknown: 'not known',
};

function Interrupt({ irq }: { readonly irq: ReportIrq }) {
  const { answer, failure } = explanation.value;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['chip', irq.device === undefined ? undefined : irq.chip],
    ['state', STATES[irq.state] + (irq.movePending ? '; a move waits for the next interrupt' : '')],
    ['on', place(irq)],
    ['mask', irq.affinity === undefined ? undefined : `CPU ${irq.affinity}`],
    ['managed', `${managedWord(irq)}: ${irq.managedBy}`],
    ['count', irq.count?.toLocaleString('en')],
  ];
  return (
    <section class="panel interrupt" aria-labelledby="interrupt-title">
      <div class="panel-head">
        <h2 id="interrupt-title">
          <span class="tabular">IRQ {irq.irq}</span> <span class="plain">{irq.name || 'not requested'}</span>
        </h2>
        <ClearButton />
      </div>
      <dl class="facts">
        <div>
          <dt>{irq.device === undefined ? 'chip' : 'device'}</dt>
          <dd>
            <button
              type="button"
              class="link tabular"
              title={`All interrupts of this ${irq.device === undefined ? 'chip' : 'device'}`}
              onClick={() => changeView({ irq: undefined, device: deviceKey(irq) })}
            >
              {deviceKey(irq)}
            </button>{' '}
            {irq.driver}
          </dd>
        </div>
        {facts.map(([label, value]) =>
          value === undefined ? null : (
            <div key={label}>
              <dt>{label}</dt>
              <dd class="cpu-list tabular">{value}</dd>
            </div>
          ),
        )}
      </dl>
      {failure !== undefined && <p class="quiet">{failure}</p>}
      {answer?.irq.irq === irq.irq && (
        <div class="explain">
          {answer.facts.map((fact) => (
            <p key={fact}>{fact}</p>
          ))}
          {answer.whenCpuGoes !== undefined && <p>{answer.whenCpuGoes}</p>}
        </div>
      )}
    </section>
  );
}

function Device({ device }: { readonly device: DeviceRow }) {
  return (
    <section class="panel interrupt" aria-labelledby="interrupt-title">
      <div class="panel-head">
        <h2 id="interrupt-title">
          <span class="tabular">{device.key}</span> <span class="plain">{device.driver}</span>
        </h2>
        <ClearButton />
      </div>
      <p class="quiet cpu-list tabular">
        {plural(device.irqs.length, 'interrupt')}
        {device.cpus.isEmpty ? '' : ` on CPUs ${device.cpus.toString()}`}
      </p>
      <VirtualTable
        label="Interrupts of this device"
        class="irq-table"
        columns={['irq', 'name', 'place', 'managed']}
        count={device.irqs.length}
        rowHeight={24}
        visibleRows={11}
        row={(at) => {
          const irq = device.irqs[at];
          return irq === undefined ? null : <IrqLine key={irq.irq} irq={irq} />;
        }}
      />
    </section>
  );
}

function IrqLine({ irq }: { readonly irq: ReportIrq }) {
  return (
    <tr>
      <td>
        <button type="button" onClick={() => changeView({ irq: irq.irq })}>
          {irq.irq}
        </button>
      </td>
      <td title={irq.name}>{irq.name || <span class="zero">not requested</span>}</td>
      <td
        class="quiet"
        title={irq.movePending ? `a move to CPU ${irq.affinity} is pending` : STATES[irq.state]}
      >
        {place(irq) ?? SHORT_STATES[irq.state]}
        {irq.movePending && ' →'}
      </td>
      <td class="quiet">{irq.managed === true ? 'managed' : irq.managed === undefined ? 'managed?' : ''}</td>
    </tr>
  );
}

function ClearButton() {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label="Clear the choice"
      title="Clear the choice (Esc)"
      onClick={() => changeView({ irq: undefined, device: undefined })}
    >
      <Icon name="close" />
    </button>
  );
}

function place(irq: ReportIrq): string | undefined {
  if (irq.cpu === undefined || irq.state !== 'active') return undefined;
  return irq.vector === undefined ? `CPU ${irq.cpu}` : `CPU ${irq.cpu}, vector ${irq.vector}`;
}
