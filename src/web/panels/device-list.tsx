import { useComputed } from '@preact/signals';
import { devices } from '../state/answers.ts';
import { type DeviceRow, filterDevices, sortDevices } from '../state/devices.ts';
import { changeView, view } from '../state/view.ts';
import { type SortKey, startsDescending } from '../state/view-state.ts';
import { plural } from './figure.ts';
import { VirtualTable } from './virtual-table.tsx';

const COLUMNS: readonly (readonly [SortKey, string, string])[] = [
  ['device', 'device', 'PCI address, or the interrupt chip'],
  ['driver', 'driver', 'driver'],
  ['irqs', 'IRQs', 'interrupts allocated'],
  ['requested', 'requested', 'interrupts with a handler'],
  ['reserved', 'reserved', 'allocated, not requested: they hold no vector'],
  ['managed', 'managed', 'placed by the kernel; user space cannot move them'],
  ['count', 'count', 'deliveries since boot'],
  ['cpus', 'CPUs', 'CPUs that they are delivered to'],
];

export function DeviceList() {
  const rows = useComputed(() => {
    const { filter, sort, descending } = view.value;
    return sortDevices(filterDevices(devices.value, filter), sort, descending);
  }).value;
  const all = devices.value.length;
  const pci = devices.value.filter((device) => device.isPci).length;
  const { filter } = view.value;
  return (
    <section class="panel devices" aria-labelledby="devices-title">
      <div class="panel-head">
        <h2 id="devices-title">Devices</h2>
        <span class="quiet tabular" aria-live="polite">
          {rows.length < all ? `${rows.length} of ${all}` : all > 0 && plural(pci, 'device')}
          {rows.length === all && all > pci && `, ${plural(all - pci, 'chip')} with interrupts of their own`}
        </span>
        <input
          type="search"
          class="filter"
          placeholder="Filter: nvme, 0000:41, TxRx-3…"
          aria-label="Filter devices by address, driver or interrupt name"
          value={filter}
          onInput={(event) => changeView({ filter: event.currentTarget.value })}
        />
      </div>
      <VirtualTable
        label="Devices"
        class="device-table"
        columns={[...COLUMNS.map(([key]) => key), 'which']}
        count={rows.length}
        rowHeight={26}
        visibleRows={17}
        head={
          <tr>
            {COLUMNS.map(([key, label, title]) => (
              <Heading key={key} sort={key} label={label} title={title} />
            ))}
            <th scope="col">which</th>
          </tr>
        }
        row={(at) => {
          const device = rows[at];
          return device === undefined ? null : <Device key={device.key} device={device} at={at} />;
        }}
      />
      {rows.length === 0 && (
        <p class="quiet">
          {all === 0
            ? 'No interrupts are known here, only vectors.'
            : `No device has “${filter}” in its address, driver or interrupts.`}
        </p>
      )}
    </section>
  );
}

function Heading({ sort, label, title }: { sort: SortKey; label: string; title: string }) {
  const isSorted = view.value.sort === sort;
  const { descending } = view.value;
  const isNumber = startsDescending(sort);
  const mark = isSorted ? (descending ? ' ↓ ' : ' ↑ ') : '';
  return (
    <th
      scope="col"
      aria-sort={isSorted ? (descending ? 'descending' : 'ascending') : 'none'}
      class={isNumber ? 'number' : ''}
    >
      <button
        type="button"
        title={title}
        onClick={() => changeView({ sort, descending: isSorted ? !descending : startsDescending(sort) })}
      >
        {isNumber ? `${mark}${label}` : `${label}${mark}`}
      </button>
    </th>
  );
}

function Device({ device, at }: { readonly device: DeviceRow; readonly at: number }) {
  const isChosen = view.value.device === device.key;
  const choose = (): void => changeView({ device: isChosen ? undefined : device.key, irq: undefined });
  const cpus = device.cpus.toString();
  return (
    <tr aria-rowindex={at + 1} class={isChosen ? 'is-chosen' : ''} onClick={choose}>
      <td>
        <button
          type="button"
          aria-pressed={isChosen}
          title={device.key}
          onClick={(event) => {
            event.stopPropagation();
            choose();
          }}
        >
          {device.key}
        </button>
      </td>
      <td title={device.driver}>{device.driver}</td>
      <Count n={device.irqs.length} />
      <Count n={device.requested} />
      <Count n={device.reserved} />
      <td class="number">
        {device.managed > 0 || device.managedUnknown === 0 ? quietZero(device.managed) : ''}
        {device.managedUnknown > 0 && (
          <span title={`whether ${device.managedUnknown} are managed cannot be told`}>
            {device.managed > 0 ? ' + ' : ''}?{device.managedUnknown}
          </span>
        )}
      </td>
      <td class="number">
        {device.count === undefined ? <span class="zero">–</span> : device.count.toLocaleString('en')}
      </td>
      <td class="number">{quietZero(device.cpus.size)}</td>
      <td class="quiet" title={cpus}>
        {cpus}
        {device.shutdown > 0 && (
          <span title="No CPU of their masks is online"> · {device.shutdown} shut down</span>
        )}
      </td>
    </tr>
  );
}

function Count({ n }: { readonly n: number }) {
  return <td class="number">{quietZero(n)}</td>;
}

/** A nought is a fact, but not one to look at. */
function quietZero(n: number) {
  return n === 0 ? <span class="zero">0</span> : n.toLocaleString('en');
}
