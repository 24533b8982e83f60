/** /proc/version. */
export interface ProcVersion {
  readonly text: string;
  /** `uname -r`. */
  readonly release: string;
  /**
   * The upstream version behind the release with its stable level where that can be told: Debian's release
   * `6.1.0-56-amd64` hides 6.1.192, which stands further right (`Debian 6.1.192-2`).
   */
  readonly version: { readonly major: number; readonly minor: number; readonly patch: number } | undefined;
  /** Who built it, where the text tells: `debian`, `ubuntu`, `redhat`, `suse`, `fedora`, `arch`. */
  readonly distribution: string | undefined;
}
