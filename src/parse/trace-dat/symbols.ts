import { decodeUtf8 } from '../utf8.ts';

/** The kernel's functions by their addresses: the text of /proc/kallsyms, read when the first is asked for. */
export class Symbols {
  readonly #text: Uint8Array;
  #sorted: readonly { readonly address: bigint; readonly name: string }[] | undefined;
  readonly #found = new Map<bigint, string | undefined>();

  constructor(text: Uint8Array) {
    this.#text = text;
  }

  /** The function that holds an address; undefined where none begins at or before it. */
  nameAt(address: bigint): string | undefined {
    if (!this.#found.has(address)) this.#found.set(address, this.#lookUp(address));
    return this.#found.get(address);
  }

  #lookUp(address: bigint): string | undefined {
    this.#sorted ??= parseKallsyms(decodeUtf8(this.#text));
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle]?.address ?? 0n) <= address) low = middle + 1;
      else high = middle;
    }
    return this.#sorted[low - 1]?.name;
  }
}

/** Without the addresses that a kernel hides (`kernel.kptr_restrict`), which are all 0. */
function parseKallsyms(text: string): { address: bigint; name: string }[] {
  const symbols: { address: bigint; name: string }[] = [];
  for (const [, hex = '', name = ''] of text.matchAll(/^([\da-f]{8,16}) \w (\S+)/gm)) {
    const address = BigInt(`0x${hex}`);
    if (address > 0n) symbols.push({ address, name });
  }
  return symbols.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
}
