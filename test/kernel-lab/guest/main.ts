/** Runs in the guest, under the guest's init: plays the script that /lab/script names. */
import { readFileSync } from 'node:fs';
import { Lab } from './lab.ts';
import { SCRIPTS } from './scripts.ts';

const name = readFileSync('/lab/script', 'utf8').trim();
const script = SCRIPTS[name];
if (script === undefined) throw new Error(`no script ${name}`);
const lab = new Lab();
lab.say(`script ${name}`);
await script(lab);
lab.end();
