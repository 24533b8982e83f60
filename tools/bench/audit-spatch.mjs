// CPU seconds of `irqspace audit` and of Coccinelle's spatch with equivalent rules, side by side on directories of a
// kernel tree: node tools/bench/audit-spatch.mjs TREE [DIRECTORY...]. SPATCH names another spatch than the one in PATH.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../install.mjs';

const DIRECTORIES = ['drivers/net/ethernet/intel', 'drivers/nvme'];
const RUNS = 3;

const [tree, ...asked] = process.argv.slice(2);
if (tree === undefined || !existsSync(join(tree, 'drivers'))) {
  process.stderr.write('usage: node tools/bench/audit-spatch.mjs TREE [DIRECTORY...]; TREE holds drivers/\n');
  process.exit(2);
}
const audit = [process.execPath, join(root, 'dist/cli/main.js'), 'audit', '--jobs', '1'];
const spatch = [
  process.env.SPATCH ?? 'spatch',
  // As the kernel's own `make coccicheck` calls it.
  ...[
    '--very-quiet',
    '--no-includes',
    '--include-headers',
    '--sp-file',
    join(root, 'tools/bench/irq-order.cocci'),
    '--dir',
  ],
];

/** User and system time of the command and its children, in seconds: `times` of a shell that ran nothing else. */
function cpuSeconds(command, directory) {
  const script = '"$@" >/dev/null 2>&1; code=$?; times; exit $code';
  const { status, stdout } = spawnSync('sh', ['-c', script, 'sh', ...command, directory], {
    cwd: tree,
    encoding: 'utf8',
  });
  // audit says 1 for findings.
  if (status !== 0 && !(command === audit && status === 1)) {
    process.stderr.write(`${command[0]} on ${directory} ended with ${status}\n`);
    process.exit(1);
  }
  const children = stdout.trim().split('\n').at(-1) ?? '';
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];

for (const directory of asked.length > 0 ? asked : DIRECTORIES) {
  const ours = [];
  const theirs = [];
  for (let run = 0; run < RUNS; run++) {
    // In turns: what else the machine does meets both.
    ours.push(cpuSeconds(audit, directory));
    theirs.push(cpuSeconds(spatch, directory));
  }
  const [one, other] = [median(ours), median(theirs)];
  console.log(
    `${directory}: irqspace ${one.toFixed(2)} s, spatch ${other.toFixed(2)} s: ${(other / one).toFixed(1)} times less CPU`,
  );
}
