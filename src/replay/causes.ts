/** Why a decision could not be predicted; docs/model.md explains each by what the kernel does not show. */
export const CAUSE = {
  lost: 'events were lost, and no snapshot has shown since what they did',
  refused: 'a refused affinity write whose mask nothing records (irqbalance)',
  pending: 'the mask of a pending move was written by a driver or irqbalance, and no snapshot shows it',
  written: 'a driver or irqbalance set a mask that no snapshot shows',
  node: 'no snapshot shows the interrupt during this lifetime: its NUMA node is not known',
  arrived:
    'whether an interrupt arrived that made a pending affinity the stored one: no event where it stays',
  byDefault: 'the default affinity was changed between two snapshots, and nothing records when',
  order: 'several CPUs went down unseen, and nothing shows which was the first',
  vectors: 'the state before does not show which vectors the CPU has in use',
} as const;

/** What the next snapshot told of what leaves no event. */
export const LEARNT = {
  logged: "a mask that irqbalance's own log shows",
  mask: 'a mask that a driver or irqbalance set, from the snapshot after it',
  setUnseen: 'an affinity that a driver or irqbalance set where the interrupt was: no event',
  byDefault: 'a default affinity that nothing recorded, from the snapshot after it',
  arrived: 'an interrupt that arrived between two affinity writes and did not move: no event',
  requested: 'a managed interrupt requested while no CPU of its mask is online: no event',
} as const;
