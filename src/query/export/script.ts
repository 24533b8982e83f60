/** A shell script that writes affinities, and the systemd unit that runs it at boot. */
import type { Placements } from './placement.ts';

/** Where the unit expects the script. */
export const SCRIPT_PATH = '/usr/local/sbin/irqspace-affinity';

/** Any text as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Of a comment: a line of its own, whatever the text holds. */
export function comment(text: string): string {
  return `# ${text.replace(/\s+/g, ' ')}`;
}

/** Of a shell script: the end of a line of /proc/interrupts is compared with the name, as one word. */
export const NUMBERS_OF = `# The numbers of all interrupts with this name.
numbers_of() {
	NAME=$1 awk '
		$1 ~ /^[0-9]+:$/ {
			at = length($0) - length(ENVIRON["NAME"])
			if (at > 0 && substr($0, at, 1) == " " && substr($0, at + 1) == ENVIRON["NAME"]) print $1 + 0
		}' "$PROC/interrupts"
}`;

/**
 * An interrupt is the one with this number and name, or else the only one with this name. A refused write does not stop
 * the others; the exit code says that there was one.
 */
const FUNCTIONS = `# PROC: where the kernel's files are (for tests).
PROC=\${PROC:-/proc}
failed=0

${NUMBERS_OF}

# affinity NUMBER NAME CPUS
affinity() {
	found=$(numbers_of "$2")
	irq=
	for number in $found; do
		[ "$number" = "$1" ] && irq=$1
	done
	[ -z "$irq" ] && [ -n "$found" ] && [ "$(echo "$found" | wc -l)" -eq 1 ] && irq=$found
	if [ -z "$irq" ]; then
		echo "irqspace: there is no IRQ $1 ($2), or several of that name: skipped" >&2
		failed=1
		return
	fi
	if ! echo "$3" 2>/dev/null >"$PROC/irq/$irq/smp_affinity_list"; then
		echo "irqspace: IRQ $irq ($2): CPUs $3 were refused" >&2
		failed=1
	fi
}
`;

export function shellScript({ source, placements, unmovable, notes }: Placements): string {
  const lines = placements.map(({ irq, name, cpus }) => `affinity ${irq} ${shellWord(name)} ${cpus}`);
  return [
    '#!/bin/sh',
    comment(`Affinities of ${source}, written by irqspace export script. As root.`),
    ...notes.map(comment),
    ...(unmovable.length === 0
      ? []
      : [
          comment(`Left alone, for the kernel places them: IRQ ${unmovable.map(({ irq }) => irq).join(',')}`),
        ]),
    '',
    FUNCTIONS,
    ...lines,
    '',
    'exit $failed',
    '',
  ].join('\n');
}

export function systemdUnit({ source, placements }: Placements): string {
  return unitText({
    what: `Sets the affinities of ${placements.length} interrupts at boot; irqspace export systemd of ${source}.`,
    from: 'irqspace export script',
    script: SCRIPT_PATH,
    argument: '',
  });
}

/** A unit that runs a script once, when links are up. */
export function unitText(unit: {
  /** What the unit does, for its first line. */
  readonly what: string;
  /** The command whose output the script is. */
  readonly from: string;
  readonly script: string;
  readonly argument: string;
}): string {
  const { what, from, script, argument } = unit;
  const name = script.slice(script.lastIndexOf('/') + 1);
  return [
    comment(what),
    comment(`1. ${from} > ${script}; chmod 755 ${script}`),
    comment(`2. this file to /etc/systemd/system/${name}.service; systemctl enable ${name}`),
    '[Unit]',
    'Description=Interrupt affinities as exported by irqspace',
    'Documentation=man:proc(5)',
    comment(
      'Links are up by then. irqbalance would move them again: stop it, or give it irqspace export irqbalance.',
    ),
    'After=network-online.target irqbalance.service',
    'Wants=network-online.target',
    'ConditionPathIsReadWrite=/proc/irq',
    '',
    '[Service]',
    'Type=oneshot',
    'RemainAfterExit=yes',
    `ExecStart=${script}${argument === '' ? '' : ` ${argument}`}`,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
}
