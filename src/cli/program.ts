import { Command } from 'commander';
import type { FitsChange } from '../query/fits.ts';
import { runCapture } from './commands/capture.ts';
import { runExplain } from './commands/explain.ts';
import { offlineChange, runFits } from './commands/fits.ts';
import { runReport } from './commands/report.ts';
import type { MachineOptions } from './machine.ts';
import type { Output } from './output.ts';
import { packageVersion } from './version.ts';

type ReadingOptions = MachineOptions & { readonly json?: boolean };

const ROOT_HELP =
  'machine to read: a directory, a .tar(.gz, .xz, .zst), or a lone VECTOR dump or /proc/interrupts';

function reading(command: Command): Command {
  return command
    .option('--root <path>', ROOT_HELP, '/')
    .option('--kernel <profile>', 'kernel to assume instead of the detected one, e.g. 6.1')
    .option('--json', 'the answer as JSON (a contract: docs/formats.md)');
}

/** The command line; `finish` is told the exit code of what ran. */
export function buildProgram(out: Output, finish: (code: number) => void): Command {
  const program = new Command('irqspace')
    .description('See the interrupt vector space of a Linux x86 machine, and ask what fits.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand(false)
    .showSuggestionAfterError(false)
    .addHelpText('after', '\nirqspace alone is irqspace report on this machine.');

  reading(program.command('report', { isDefault: true }))
    .description('what the vector space looks like, per CPU and per device; what is about to go wrong')
    .action((options: ReadingOptions) => finish(runReport(options, out)));

  // Changes are asked in the order in which they stand on the command line.
  const changes: FitsChange[] = [];
  reading(program.command('fits'))
    .description('does it fit? exit code 0: it fits, 1: it does not, or that cannot be decided')
    .option('--hibernate', 'all CPUs but one go down, as for hibernation')
    .option('--suspend', 'all CPUs but one go down, as for suspend to RAM')
    .option('--offline <list>', 'these CPUs go offline, in the order given: 3,2,1 or 4-7')
    .on('option:hibernate', () => changes.push({ kind: 'hibernate' }))
    .on('option:suspend', () => changes.push({ kind: 'suspend' }))
    .on('option:offline', (list: string) => changes.push(offlineChange(list)))
    .action((options: ReadingOptions) => finish(runFits(changes, options, out)));

  reading(program.command('explain'))
    .description('who owns an interrupt, where it may go, why it is there')
    .argument('<irq>', 'IRQ number, as in /proc/interrupts')
    .action((irq: string, options: ReadingOptions) => finish(runExplain(irq, options, out)));

  program
    .command('capture')
    .description('everything the reading commands need, in one tarball')
    .argument('[file]', 'name of the tarball (default: irqspace-capture.tar.gz)')
    .option('--root <path>', 'machine to capture', '/')
    .action((file: string | undefined, options: { root: string }) => finish(runCapture(file, options, out)));

  program
    .command('serve')
    .description('the web interface, on 127.0.0.1')
    .option('--root <path>', ROOT_HELP, '/')
    .option('--kernel <profile>', 'kernel to assume instead of the detected one')
    .option('--port <number>', 'port to listen on; 0 takes any free one', '8917')
    .action(async (options: MachineOptions & { port: string }) => {
      // Only this command needs the server, and the others start without it.
      const { runServe } = await import('./commands/serve.ts');
      await runServe(options, out);
    });
  for (const command of program.commands)
    command.helpOption('--help', 'print this help').allowExcessArguments(false);
  return program;
}
