import { Command } from 'commander';
import type { FitsChange } from '../query/fits.ts';
import type { AuditCommandOptions } from './commands/audit.ts';
import { runCapture } from './commands/capture.ts';
import type { DriversOptions } from './commands/drivers.ts';
import { runExplain } from './commands/explain.ts';
import { offlineChange, runFits } from './commands/fits.ts';
import { type ReplayOptions, runReplay } from './commands/replay.ts';
import { type ReportOptions, runReport } from './commands/report.ts';
import type { SimulateOptions } from './commands/simulate.ts';
import { runSpread, type SpreadOptions } from './commands/spread.ts';
import { HELP } from './help.ts';
import type { MachineOptions } from './machine.ts';
import type { Output } from './output.ts';
import { UsageError, unknownCommandText } from './usage-error.ts';
import { packageVersion } from './version.ts';

type ReadingOptions = MachineOptions & { readonly json?: boolean };

/** Where `serve` listens when nothing else is asked for. */
const DEFAULT_PORT = '8917';

/** Longer lines of help are hard to read, however wide the terminal. */
const HELP_WIDTH = 100;

function machineOptions(command: Command): Command {
  return command.option('--root <path>', HELP.root, '/').option('--kernel <profile>', HELP.kernel);
}

function reading(command: Command): Command {
  return machineOptions(command).option('--json', HELP.json);
}

/** @throws UsageError where there is no such command */
function helpFor(program: Command, name: string | undefined): Command {
  if (name === undefined) return program;
  const found = program.commands.find((command) => command.name() === name);
  if (found === undefined) throw new UsageError(unknownCommandText(name));
  return found;
}

/** The command line; `finish` is told the exit code of what ran. */
export function buildProgram(out: Output, finish: (code: number) => void): Command {
  const program = new Command('irqspace')
    .description(HELP.program.text)
    .version(packageVersion(), '--version', 'print the version')
    // Commander's own shows the whole help, on standard error, where the command is unknown.
    .helpCommand(false)
    .showSuggestionAfterError(false);

  reading(program.command('report', { isDefault: true }))
    .summary(HELP.report.summary)
    .description(HELP.report.text)
    .option('--map', HELP.map)
    .action((options: ReportOptions) => finish(runReport(options, out)));

  // Changes are asked in the order in which they stand on the command line.
  const changes: FitsChange[] = [];
  reading(
    program
      .command('fits')
      .summary(HELP.fits.summary)
      .description(HELP.fits.text)
      .option('--hibernate', HELP.hibernate)
      .option('--suspend', HELP.suspend)
      .option('--offline <list>', HELP.offline)
      .on('option:hibernate', () => changes.push({ kind: 'hibernate' }))
      .on('option:suspend', () => changes.push({ kind: 'suspend' }))
      .on('option:offline', (list: string) => changes.push(offlineChange(list))),
  ).action((options: ReadingOptions) => finish(runFits(changes, options, out)));

  reading(program.command('explain'))
    .summary(HELP.explain.summary)
    .description(HELP.explain.text)
    .argument('<irq>', HELP.irq)
    .action((irq: string, options: ReadingOptions) => finish(runExplain(irq, options, out)));

  reading(
    program
      .command('spread')
      .summary(HELP.spread.summary)
      .description(HELP.spread.text)
      .option('--vectors <n>', HELP.vectors)
      .option('--min <n>', HELP.min)
      .option('--pre <n>', HELP.pre)
      .option('--post <n>', HELP.post)
      .option('--sets <list>', HELP.sets)
      .option('--topology <shape>', HELP.topology),
  ).action((options: SpreadOptions) => finish(runSpread(options, out)));

  const roots: string[] = [];
  program
    .command('replay')
    .summary(HELP.replay.summary)
    .description(HELP.replay.text)
    .argument('<trace...>', HELP.replayed)
    .option('--root <path>', HELP.replayRoot)
    .on('option:root', (path: string) => roots.push(path))
    .option('--ops <file>', HELP.ops)
    .option('--kernel <profile>', HELP.kernel)
    .option('--json', HELP.json)
    .action(([trace = '', ...more]: string[], options: ReplayOptions) =>
      finish(runReplay(trace, [...roots, ...more], options, out)),
    );

  program
    .command('simulate')
    .summary(HELP.simulate.summary)
    .description(HELP.simulate.text)
    .argument('[scenario]', HELP.scenario)
    .option('--map', HELP.map)
    .option('--events', HELP.events)
    .option('--schema', HELP.schema)
    .option('--kernel <profile>', HELP.scenarioKernel)
    .option('--json', HELP.json)
    .action(async (scenario: string | undefined, options: SimulateOptions) => {
      // Only this command reads schemas, and the others start without them.
      const { runSimulate } = await import('./commands/simulate.ts');
      finish(runSimulate(scenario, options, out));
    });

  program
    .command('drivers')
    .summary(HELP.drivers.summary)
    .description(HELP.drivers.text)
    .argument('[name]', HELP.driver)
    .option('--json', HELP.json)
    .action(async (name: string | undefined, options: DriversOptions) => {
      // Only this command and simulate need the catalogue.
      const { runDrivers } = await import('./commands/drivers.ts');
      finish(runDrivers(name, options, out));
    });

  program
    .command('audit')
    .summary(HELP.audit.summary)
    .description(HELP.audit.text)
    .argument('<path...>', HELP.audited)
    .option('--strict', HELP.strict)
    .option('--inventory', HELP.inventory)
    .option('--format <name>', HELP.format, 'gcc')
    .option('--diff <range>', HELP.diff)
    .option('--baseline <file>', HELP.baseline)
    .option('--allow <file>', HELP.allow)
    .option('--jobs <n>', HELP.jobs)
    .action(async (paths: string[], options: AuditCommandOptions) => {
      // Only this command needs the parser.
      const { runAudit } = await import('./commands/audit.ts');
      finish(await runAudit(paths, options, out));
    });

  program
    .command('capture')
    .summary(HELP.capture.summary)
    .description(HELP.capture.text)
    .argument('[file]', HELP.captureFile)
    .option('--root <path>', HELP.captureRoot, '/')
    .action((file: string | undefined, options: { root: string }) => finish(runCapture(file, options, out)));

  machineOptions(program.command('serve'))
    .summary(HELP.serve.summary)
    .description(HELP.serve.text)
    .option('--port <number>', HELP.port, DEFAULT_PORT)
    .action(async (options: MachineOptions & { port: string }) => {
      // Only this command needs the server, and the others start without it.
      const { runServe } = await import('./commands/serve.ts');
      await runServe(options, out);
    });

  program
    .command('help')
    .summary(HELP.help.summary)
    .description(HELP.help.text)
    .argument('[command]', HELP.helpCommand)
    .action((name: string | undefined) => helpFor(program, name).outputHelp());

  for (const command of [program, ...program.commands]) {
    command
      .helpOption('-h, --help', 'print this help')
      .allowExcessArguments(false)
      .configureHelp({ helpWidth: Math.min(HELP_WIDTH, out.columns) })
      .addHelpText('after', `\n${HELP.after(command.name())}`);
  }
  return program;
}
