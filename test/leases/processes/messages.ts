/** What the trials ask of a process. */
export type Task =
  | { readonly kind: 'lead'; readonly name: string; readonly commits: boolean }
  | { readonly kind: 'done'; readonly name: string }
  | { readonly kind: 'hold'; readonly count: number; readonly forMs: number }
  | { readonly kind: 'covet'; readonly count: number };

/** What a process reports. */
export type Report =
  | { readonly kind: 'ready' }
  /** It got the lease. */
  | { readonly kind: 'leading'; readonly name: string; readonly token: number; readonly atMs: number }
  /** It lost the lease, or was told to give it back. */
  | {
      readonly kind: 'over';
      readonly name: string;
      readonly token: number;
      readonly accepted: number;
      readonly refused: number;
      /** A commit that it tried only then was accepted. */
      readonly committedLate: boolean;
      readonly wasTold: boolean;
    }
  | { readonly kind: 'holding'; readonly held: number; readonly acquireMs: number }
  | {
      readonly kind: 'held';
      readonly lost: number;
      readonly invalid: number;
      readonly renewals: number;
      /** Of one core. */
      readonly cpuShare: number;
      readonly delayMaxMs: number;
    }
  | { readonly kind: 'coveted'; readonly tries: number; readonly granted: number };
