/**
 * A plan as a shell script. Where it was planned, it checks and writes as `irqspace apply` does, and undoes; at boot it
 * finds interrupts by device and name, for their numbers may be others.
 */
import { printable } from '../../base/printable.ts';
import type { Plan, PlanWrite } from '../../format/plan.ts';
import { comment, NUMBERS_OF, shellWord, unitText } from './script.ts';

/** Where the unit and the profile of tuned expect it. */
export const PLAN_SCRIPT_PATH = '/usr/local/sbin/irqspace-plan';

/** Writes that a text of lines can hold, and what is wrong with the others. */
export function writable(plan: Plan): { readonly writes: readonly PlanWrite[]; readonly notes: string[] } {
  const odd = plan.writes.filter(({ name }) => name === '' || printable(name) !== name);
  const named = new Map<string, number>();
  for (const { name } of plan.state.irqs) named.set(name, (named.get(name) ?? 0) + 1);
  const alike = plan.writes.filter(({ name, device }) => device === undefined && (named.get(name) ?? 0) > 1);
  return {
    writes: plan.writes.filter((write) => !odd.includes(write)),
    notes: [
      ...odd.map(({ irq }) => `IRQ ${irq} is left out: its name cannot be written down`),
      ...alike.map(({ irq, name }) => `IRQ ${irq} (${name}) cannot be found at boot: others have its name`),
    ],
  };
}

/** `isolate 4-7`. */
export function goalText({ goal }: Plan): string {
  const { kind, by, cpus, vectors, policy } = goal;
  return [kind === 'policy' ? 'from' : kind, by && `by ${by}`, cpus, vectors, policy]
    .filter((part) => part !== undefined)
    .join(' ');
}

/** PROC and SYS: where the kernel's files are (for tests). An interrupt is NUMBER DEVICE NAME FROM TO; `-` is no device. */
export const FIND = `PROC=\${PROC:-/proc}
SYS=\${SYS:-/sys}

${NUMBERS_OF}

# is_of NUMBER DEVICE: whether the device has this interrupt, as a message or as its line.
is_of() {
	[ "$2" = - ] || [ -e "$SYS/bus/pci/devices/$2/msi_irqs/$1" ] ||
		[ "$(cat "$SYS/bus/pci/devices/$2/irq" 2>/dev/null)" = "$1" ]
}
`;

const FUNCTIONS = `say() {
	echo "irqspace: $*" >&2
	failed=1
}

mask_of() {
	cat "$PROC/irq/$1/smp_affinity_list" 2>/dev/null
}

write_mask() {
	{ echo "$2" >"$PROC/irq/$1/smp_affinity_list"; } 2>/dev/null
}

# seek DEVICE NAME: its number now in $irq; nothing where there is none, or several.
seek() {
	irq=
	for number in $(numbers_of "$2"); do
		is_of "$number" "$1" || continue
		if [ -n "$irq" ]; then
			irq=
			return 1
		fi
		irq=$number
	done
	[ -n "$irq" ]
}

check_machine() {
	release=$(cat "$PROC/sys/kernel/osrelease" 2>/dev/null)
	[ -z "$RELEASE" ] || [ "$release" = "$RELEASE" ] || say "it runs $release, the plan is for $RELEASE"
	online=$(cat "$SYS/devices/system/cpu/online" 2>/dev/null)
	[ "$online" = "$ONLINE" ] || say "CPU $online is online, the plan is for CPU $ONLINE"
}

check_one() {
	now=$(mask_of "$1")
	if ! numbers_of "$3" | grep -qx "$1" || ! is_of "$1" "$2"; then
		say "IRQ $1 is not $3 any more"
	elif [ "$now" != "$4" ]; then
		say "IRQ $1 ($3) may go to CPU $now, in the plan to CPU $4"
	fi
}

show_one() {
	echo "IRQ $1 ($3): CPU $4 to CPU $5"
}

apply_one() {
	[ -z "$refused" ] || return 0
	if ! write_mask "$1" "$5"; then
		say "IRQ $1 ($3): CPU $5 was refused"
		refused=1
	elif [ "$(mask_of "$1")" != "$5" ]; then
		say "IRQ $1 ($3): was sent to CPU $5, and shows CPU $(mask_of "$1")"
		refused=1
	fi
}

# What somebody else has written since stays.
undo_one() {
	now=$(mask_of "$1")
	[ "$now" != "$4" ] || return 0
	if [ "$now" != "$5" ]; then
		say "IRQ $1 ($3): CPU $now is not the plan's: left"
	elif ! write_mask "$1" "$4"; then
		say "IRQ $1 ($3): CPU $4 was refused"
	fi
}

boot_one() {
	if ! seek "$2" "$3"; then
		say "there is no $3 (device $2), or several: skipped"
	elif ! write_mask "$irq" "$5"; then
		say "IRQ $irq ($3): CPU $5 was refused"
	fi
}

# The first is no interrupt: to tuned an empty list is all of them.
tuned_one() {
	if [ "$5" = "$cpus" ] && seek "$2" "$3"; then printf ',irq%s' "$irq"; fi
}
`;

const MAIN = `failed=0
refused=
case \${1:-check} in
check)
	check_machine
	writes check_one
	writes show_one
	[ "$failed" = 0 ] || exit 2
	;;
apply)
	check_machine
	writes check_one
	[ "$failed" = 0 ] || exit 2
	writes apply_one
	if [ -n "$refused" ]; then
		undos undo_one
		exit 3
	fi
	;;
undo) undos undo_one ;;
boot) writes boot_one ;;
tuned)
	cpus=$2
	printf none
	writes tuned_one
	;;
*)
	echo "usage: $0 [check|apply|undo|boot|tuned CPUS]" >&2
	exit 2
	;;
esac
exit $failed
`;

export function planScript(plan: Plan): string {
  const { writes, notes } = writable(plan);
  const lines = writes.map(
    ({ irq, device = '-', name, from, to }) =>
      `\t"$1" ${irq} ${shellWord(device)} ${shellWord(name)} ${shellWord(from)} ${shellWord(to)}`,
  );
  const list = (name: string, of: readonly string[]): string[] => [
    `${name}() {`,
    ...(of.length === 0 ? ['\t:'] : of),
    '}',
  ];
  return [
    '#!/bin/sh',
    comment(`The plan ${goalText(plan)} of ${plan.source}, by irqspace export script. As root:`),
    '#   check        what it would write, and whether the machine is still what it was planned for (the default)',
    '#   apply        checks, writes in order, looks at each; the first refusal undoes all',
    "#   undo         the masks of before, where they are still the plan's",
    '#   boot         the same interrupts after a boot: found by device and name, whatever their numbers',
    '#   tuned CPUS   the interrupts that go to these CPUs, for irqspace export tuned',
    '# Exit codes: 0 done; 1 some were skipped, refused or left; 2 not the machine of the plan; 3 refused and undone.',
    '# What was proven is the plan on the machine as it was. After a boot CPUs may have fewer vectors left.',
    ...notes.map(comment),
    `RELEASE=${shellWord(plan.state.release ?? '')}`,
    `ONLINE=${shellWord(plan.state.online)}`,
    '',
    FIND,
    ...list('writes', lines),
    '',
    ...list('undos', lines.toReversed()),
    '',
    FUNCTIONS,
    MAIN,
  ].join('\n');
}

export function planUnit(plan: Plan): string {
  return unitText({
    what:
      `Carries out the plan ${goalText(plan)} of ${plan.source} at boot: ${plan.writes.length} interrupts, ` +
      'found by device and name, not by number.',
    from: 'irqspace export script PLAN',
    script: PLAN_SCRIPT_PATH,
    argument: 'boot',
  });
}
