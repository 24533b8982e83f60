import { Command } from 'commander';
import type { ApplyOptions } from './commands/apply.ts';
import type { AuditCommandOptions } from './commands/audit.ts';
import type { CompareOptions } from './commands/compare.ts';
import type { DriversOptions } from './commands/drivers.ts';
import type { AskedChange, FitsOptions } from './commands/fits.ts';
import type { PlanOptions } from './commands/plan.ts';
import type { ReplayOptions } from './commands/replay.ts';
import type { ReportOptions } from './commands/report.ts';
import type { RollbackOptions } from './commands/rollback.ts';
import type { SimulateOptions } from './commands/simulate.ts';
import type { SpreadOptions } from './commands/spread.ts';
import type { WatchOptions } from './commands/watch.ts';
import { HELP } from './help.ts';
import type { MachineOptions } from './machine.ts';
import type { Output } from './output.ts';
import { UsageError, unknownCommandText } from './usage-error.ts';
import { packageVersion } from './version.ts';

type ReadingOptions = MachineOptions & { readonly json?: boolean };

/** Where `serve` listens when nothing else is asked for. */
const DEFAULT_PORT = '8917';

/** The options of fits, and what each asks. */
const CHANGES: readonly (readonly [option: string, kind: AskedChange['kind']])[] = [
  ['hibernate', 'hibernate'],
  ['suspend', 'suspend'],
  ['offline', 'offline'],
  ['online', 'online'],
  ['smt', 'smt-off'],
  ['isolate', 'isolate'],
  ['add', 'add'],
  ['vfs', 'vfs'],
  ['remove', 'remove'],
  ['pin', 'pin'],
  ['upgrade', 'upgrade'],
];

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

/**
 * The command line; `finish` is told the exit code of what ran. A command's code is loaded when it runs: no other waits
 * for it.
 */
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
    .action(async (options: ReportOptions) => {
      const { runReport } = await import('./commands/report.ts');
      finish(runReport(options, out));
    });

  // Changes are asked in the order in which they stand on the command line.
  const asked: AskedChange[] = [];
  reading(
    program
      .command('fits')
      .summary(HELP.fits.summary)
      .description(HELP.fits.text)
      .option('--hibernate', HELP.hibernate)
      .option('--suspend', HELP.suspend)
      .option('--offline <list>', HELP.offline)
      .option('--online <list>', HELP.online)
      .option('--smt <off>', HELP.smt)
      .option('--isolate <list>', HELP.isolate)
      .option('--add <driver=n>', HELP.add)
      .option('--vfs <bdf=n>', HELP.vfs)
      .option('--remove <bdf>', HELP.remove)
      .option('--pin <irqs=cpus>', HELP.pin)
      .option('--upgrade <kernel>', HELP.upgrade)
      .option('--max', HELP.max),
  ).action(async (options: FitsOptions) => {
    const { runFits } = await import('./commands/fits.ts');
    finish(runFits(asked, options, out));
  });
  const fits = program.commands.find((command) => command.name() === 'fits');
  for (const [option, kind] of CHANGES) {
    fits?.on(`option:${option}`, (value: string | null) => asked.push({ kind, value: value ?? '' }));
  }

  reading(program.command('plan'))
    .summary(HELP.plan.summary)
    .description(HELP.plan.text)
    .argument('<goal>', HELP.planGoal)
    .argument('[value]', HELP.planValue)
    .option('--by <what>', HELP.by)
    .option('--interval <seconds>', HELP.interval)
    .option('--since <path>', HELP.since)
    .option('--hints <policy>', HELP.hints, 'ignore')
    .option('--wide', HELP.wide)
    .option('-o, --output <file>', HELP.planOutput)
    .action(async (goal: string, value: string | undefined, options: PlanOptions) => {
      const { runPlan } = await import('./commands/plan.ts');
      finish(runPlan(goal, value, options, out));
    });

  program
    .command('apply')
    .summary(HELP.apply.summary)
    .description(HELP.apply.text)
    .argument('<plan>', HELP.applied)
    .option('--yes', HELP.yes)
    .option('--wait <seconds>', HELP.wait, '1')
    .option('--journal <file>', HELP.journal)
    .option('--root <path>', HELP.applyRoot, '/')
    .option('--json', HELP.json)
    .action(async (plan: string, options: ApplyOptions) => {
      const { runApply } = await import('./commands/apply.ts');
      finish(runApply(plan, options, out));
    });

  program
    .command('rollback')
    .summary(HELP.rollback.summary)
    .description(HELP.rollback.text)
    .argument('[journal]', HELP.journalRead)
    .option('--force', HELP.force)
    .option('--root <path>', HELP.applyRoot, '/')
    .option('--json', HELP.json)
    .action(async (journal: string | undefined, options: RollbackOptions) => {
      const { runRollback } = await import('./commands/rollback.ts');
      finish(runRollback(journal, options, out));
    });

  reading(program.command('explain'))
    .summary(HELP.explain.summary)
    .description(HELP.explain.text)
    .argument('<irq|message...>', HELP.irq)
    .action(async (what: string[], options: ReadingOptions) => {
      const { runExplain } = await import('./commands/explain.ts');
      finish(runExplain(what, options, out));
    });

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
  ).action(async (options: SpreadOptions) => {
    const { runSpread } = await import('./commands/spread.ts');
    finish(runSpread(options, out));
  });

  reading(program.command('watch'))
    .summary(HELP.watch.summary)
    .description(HELP.watch.text)
    .option('--trace', HELP.trace)
    .option('--interval <seconds>', HELP.watchInterval)
    .option('--count <n>', HELP.count)
    .option('--once', HELP.once)
    .option('--plain', HELP.plain)
    .action(async (options: WatchOptions) => {
      const { runWatch } = await import('./commands/watch.ts');
      finish(await runWatch(options, out));
    });

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
    .action(async ([trace = '', ...more]: string[], options: ReplayOptions) => {
      const { runReplay } = await import('./commands/replay.ts');
      finish(runReplay(trace, [...roots, ...more], options, out));
    });

  program
    .command('simulate')
    .summary(HELP.simulate.summary)
    .description(HELP.simulate.text)
    .argument('[scenario]', HELP.scenario)
    .option('--map', HELP.map)
    .option('--events', HELP.events)
    .option('--schema', HELP.schema)
    .option('--kernel <profile>', HELP.scenarioKernel)
    .option('--policy <name>', HELP.policy)
    .option('--json', HELP.json)
    .action(async (scenario: string | undefined, options: SimulateOptions) => {
      const { runSimulate } = await import('./commands/simulate.ts');
      finish(runSimulate(scenario, options, out));
    });

  reading(program.command('export'))
    .summary(HELP.export.summary)
    .description(HELP.export.text)
    .argument('<format>', HELP.exportFormat)
    .argument('[plan]', HELP.exportedPlan)
    .action(async (format: string, plan: string | undefined, options: ReadingOptions) => {
      const { runExport } = await import('./commands/export.ts');
      finish(runExport(format, plan, options, out));
    });

  program
    .command('drivers')
    .summary(HELP.drivers.summary)
    .description(HELP.drivers.text)
    .argument('[name]', HELP.driver)
    .option('--json', HELP.json)
    .action(async (name: string | undefined, options: DriversOptions) => {
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
      const { runAudit } = await import('./commands/audit.ts');
      finish(await runAudit(paths, options, out));
    });

  program
    .command('compare')
    .summary(HELP.compare.summary)
    .description(HELP.compare.text)
    .argument('[scenario]', HELP.scenario)
    .option('--root <path>', HELP.comparedRoot)
    .option('--policy <names>', HELP.policies)
    .option('--scenario', HELP.comparedScenario)
    .option('--kernel <profile>', HELP.scenarioKernel)
    .option('--map', HELP.comparedMap)
    .option('--svg', HELP.svg)
    .option('--html', HELP.html)
    .option('--sweep <dimensions...>', HELP.sweep)
    .option('--jobs <n>', HELP.sweepJobs)
    .option('--json', HELP.json)
    .action(async (scenario: string | undefined, options: CompareOptions) => {
      // As simulate.
      const { runCompare } = await import('./commands/compare.ts');
      finish(await runCompare(scenario, options, out));
    });

  program
    .command('capture')
    .summary(HELP.capture.summary)
    .description(HELP.capture.text)
    .argument('[file]', HELP.captureFile)
    .option('--root <path>', HELP.captureRoot, '/')
    .action(async (file: string | undefined, options: { root: string }) => {
      const { runCapture } = await import('./commands/capture.ts');
      finish(runCapture(file, options, out));
    });

  machineOptions(program.command('serve'))
    .summary(HELP.serve.summary)
    .description(HELP.serve.text)
    .option('--port <number>', HELP.port, DEFAULT_PORT)
    .action(async (options: MachineOptions & { port: string }) => {
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
