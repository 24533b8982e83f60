/** What the guest wrote down of its script, a JSON line each (`story.jsonl` of a capture), in order. */
export type StoryLine =
  | {
      readonly kind: 'asked';
      readonly args: readonly string[];
      readonly code: number;
      readonly answer: unknown;
      readonly complaint: string;
    }
  | {
      readonly kind: 'wrote';
      readonly path: string;
      readonly value: string;
      /** `OK`, or the name of the errno. */
      readonly result: string;
      /** What the kernel said in its log meanwhile. */
      readonly log: readonly string[];
    }
  | { readonly kind: 'placed'; readonly name: string; readonly cpuOf: Readonly<Record<string, string>> }
  | { readonly kind: 'snapped'; readonly name: string }
  | { readonly kind: 'ended' };

export type Asked = Extract<StoryLine, { kind: 'asked' }>;
export type Wrote = Extract<StoryLine, { kind: 'wrote' }>;
export type Placed = Extract<StoryLine, { kind: 'placed' }>;
