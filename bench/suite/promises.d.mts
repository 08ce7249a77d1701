export interface PromiseCheck {
  readonly promise: string;
  readonly figure: string;
  /** null: promised of a larger table. */
  readonly kept: boolean | null;
}

interface BoundedAnswer {
  readonly query: { readonly name: string; readonly within: string | null };
  readonly exactMs: number;
  readonly ownMs: number;
  readonly answer: { readonly met: boolean };
}

/** Of what is measured over sessions of one size, the answers. */
export interface SizeMeasurement {
  readonly rows: number;
  readonly answers?: readonly BoundedAnswer[];
}

export function checkPromises(
  sizes: readonly SizeMeasurement[],
  flights: readonly never[],
): readonly PromiseCheck[];
