import { z } from 'zod';

/** An uncertain figure: the truth lies in [min, max]; equal when known. */
export const figure = z.object({ min: z.int(), max: z.int() });

/** A CPU list in the kernel's form, `0-3,8`. */
export const cpuListText = z.string();

export const certainty = z.enum(['exact', 'bounded']);
