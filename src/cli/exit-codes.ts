/** What the process answers to the shell (docs/cli.md). */
export const EXIT = {
  /** Done; it fits; no findings. */
  ok: 0,
  /** It does not fit, or that cannot be decided; findings; divergences. */
  no: 1,
  /** Bad usage, or input that cannot be read. */
  usage: 2,
  /** The kernel refused a write, and what was written is restored, or could not be. */
  refused: 3,
  /** A mistake in irqspace itself: never to be taken for an answer (EX_SOFTWARE of sysexits.h). */
  bug: 70,
} as const;
