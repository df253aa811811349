/** How a file is described: what each key may hold. */
export type Shape =
  | {readonly kind: 'map'; readonly fields: Readonly<Record<string, Field>>}
  | {readonly kind: 'list'; readonly of: Shape}
  /** A map with free keys. */
  | {
      readonly kind: 'table';
      readonly keyProblem: (key: string) => string | undefined;
      readonly of: Shape;
    }
  | {readonly kind: 'text'; readonly problem: (text: string) => string | undefined}
  | {readonly kind: 'count'; readonly most: number}
  | {readonly kind: 'number'; readonly least: number; readonly most: number; readonly whole?: true}
  | {readonly kind: 'word'; readonly of: readonly string[]}
  | {readonly kind: 'flag'}
  /** A text, or a map: the short and the long form of one thing. */
  | {
      readonly kind: 'either';
      readonly text: Shape & {kind: 'text'};
      readonly map: Shape & {kind: 'map'};
    };

export interface Field {
  readonly shape: Shape;
  readonly summary: string;
  readonly required?: boolean;
  readonly fallback?: string | number | boolean;
}
