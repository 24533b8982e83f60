#!/usr/bin/env node
import { type Command, CommanderError } from 'commander';
import { printable } from '../base/printable.ts';
import { RootError, reasonOf } from '../host/root-error.ts';
import { TraceDatError } from '../parse/trace-dat/trace-dat-error.ts';
import { RequestError } from '../query/request-error.ts';
import { ReplayInputError } from '../replay/replay-input-error.ts';
import { EXIT } from './exit-codes.ts';
import { processOutput } from './output.ts';
import { buildProgram } from './program.ts';
import { UsageError, unknownCommandText } from './usage-error.ts';

/** Errors that are the input's or the asker's: their message is the one line that is shown. */
const EXPECTED: readonly (abstract new (...args: never[]) => Error)[] = [
  UsageError,
  RequestError,
  RootError,
  ReplayInputError,
  TraceDatError,
];

function isExpected(error: unknown): error is Error {
  return EXPECTED.some((kind) => error instanceof kind);
}

/** The message may quote what the user gave or what a file holds. */
function complain(message: string): void {
  process.stderr.write(`irqspace: ${printable(message)}\n`);
  process.exitCode = EXIT.usage;
}

function complainAboutUs(error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const lines = stack.split('\n').map(printable);
  process.stderr.write(
    `irqspace: this is a bug in irqspace; please report it with these lines:\n${lines.join('\n')}\n`,
  );
  process.exitCode = EXIT.bug;
}

/**
 * `irqspace report | head` closes the pipe early; that is no error, and a verdict keeps its exit code. Any other
 * failure loses the answer: it must not look like one.
 */
function watchStreams(): void {
  process.stderr.on('error', () => process.exit());
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    complain(`the answer could not be written: ${reasonOf(error)}`);
    process.exit();
  });
}

/** Commander takes an unknown first word for an argument of the default command; this says what it is. */
function unknownCommand(program: Command, args: readonly string[]): string | undefined {
  const names = program.commands.map((command) => command.name());
  const [first] = args;
  if (first === undefined || names.includes(first)) return undefined;
  if (!first.startsWith('-')) return unknownCommandText(first);
  const takesValue = new Set(
    program.commands.flatMap(({ options }) =>
      options.filter(({ required }) => required).flatMap(({ short, long }) => [short, long]),
    ),
  );
  // After options of the default command a command's name is just another argument.
  const late = args.find((arg, at) => names.includes(arg) && !takesValue.has(args[at - 1]));
  return late === undefined ? undefined : `the command comes first: irqspace ${late} ${first} ...`;
}

async function main(): Promise<void> {
  watchStreams();
  const program = buildProgram(processOutput(), (code) => {
    process.exitCode = code;
  });
  const unknown = unknownCommand(program, process.argv.slice(2));
  if (unknown !== undefined) return complain(unknown);
  for (const command of [program, ...program.commands]) {
    // Commander would print its own form and exit; the message is printed below.
    command.exitOverride().configureOutput({ outputError: () => undefined });
  }
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode !== 0) complain(error.message.replace(/^error: /, ''));
    } else if (isExpected(error)) complain(error.message);
    else complainAboutUs(error);
  }
}

await main();
