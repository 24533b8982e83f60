import { openCParser } from '../../src/cli/audit/grammar.ts';

/** One for all tests of a file: loading the grammar takes a while. */
export const parser = await openCParser();
