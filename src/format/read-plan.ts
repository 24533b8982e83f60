import { type Plan, plan } from './plan.ts';

/** The plan in a file's text, or one line on why it is none. */
export function readPlan(text: string): { readonly plan: Plan } | { readonly fault: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { fault: 'is no JSON; expected what irqspace plan -o wrote' };
  }
  const read = plan.safeParse(json);
  if (read.success) return { plan: read.data };
  const [issue] = read.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  return { fault: `is no plan${where}: ${issue?.message ?? 'not understood'}` };
}
