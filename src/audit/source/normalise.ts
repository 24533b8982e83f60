/** Kernel annotations that C's grammar does not know. With arguments where the last group says so. */
const ANNOTATIONS =
  /\b(?:__(?:init|exit|initdata|initconst|exitdata|iomem|user|kernel|force|rcu|percpu|bitwise|nocast|must_check|maybe_unused|always_unused|unused|used|cold|hot|ref|refdata|refconst|devinit|devexit|cpuinit|meminit|net_init|net_exit|net_initdata|weak|pure|noreturn|malloc|packed|sched|visible|private|read_mostly|ro_after_init|always_inline|noclone|deprecated|latent_entropy|no_kcsan|randomize_layout|designated_init|lockfunc|irq_entry|pmem)|noinline|noinline_for_stack|asmlinkage|notrace|fallthrough|____cacheline_aligned(?:_in_smp)?|____cacheline_internodealigned_in_smp)\b(?!\s*\()|\b__(?:printf|scanf|acquires|releases|must_hold|cond_lock|aligned|section|attribute__|no_sanitize|counted_by|alloc_size|assume_aligned|acquire|release)\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/g;

/** `list_for_each_entry(...)` and its many relatives: a loop whose head is a macro. */
const LOOP_MACRO = /\b\w*for_each\w*(?=\s*\()/g;

/**
 * C that the grammar reads better, of equal length, so that every offset stays: annotations become blanks, and the
 * head of a loop macro becomes `while`.
 */
export function normalise(text: string): string {
  const blanked = text.replace(ANNOTATIONS, (found) => found.replace(/[^\n]/g, ' '));
  // Looking for a word's middle at every word is slow.
  if (!blanked.includes('for_each')) return blanked;
  return blanked.replace(LOOP_MACRO, (name, at: number) => {
    if (name.length < 'while'.length) return name;
    return headsLoop(blanked, at + name.length) ? 'while'.padEnd(name.length) : name;
  });
}

/** Whether the parenthesis at or after `at` closes before a statement. */
function headsLoop(text: string, at: number): boolean {
  let depth = 0;
  for (let end = at; end < text.length; end++) {
    const character = text[end];
    if (character === '(') depth++;
    else if (character === ')' && --depth === 0) return /^\s*[\w{]/.test(text.slice(end + 1, end + 400));
    else if (character === ';' || character === '{') return false;
  }
  return false;
}
