const PATHS = {
  fits: 'M3 8.5 6.5 12 13 4.5',
  loses: 'M8 3v6.2M8 12.6v.3',
  refused: 'M4 4l8 8M12 4l-8 8',
  undecided: 'M5.2 5.8a2.8 2.8 0 1 1 4.4 2.3c-1 .7-1.6 1.2-1.6 2.1M8 13v.2',
  error: 'M4 4l8 8M12 4l-8 8',
  warning: 'M8 3v6.2M8 12.6v.3',
  note: 'M8 7v6M8 3.6v.3',
  refresh: 'M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z',
  close: 'M4 4l8 8M12 4l-8 8',
} as const;

/** A line drawing in the colour of the text around it. The words beside it say the same. */
export function Icon({ name }: { readonly name: keyof typeof PATHS }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
