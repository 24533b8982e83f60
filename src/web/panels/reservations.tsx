/** What this answer does not take into account. */
export function Reservations({ texts }: { readonly texts: readonly string[] }) {
  return texts.map((text) => (
    <p key={text} class="quiet">
      But {text}
    </p>
  ));
}
