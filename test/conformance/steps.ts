/** What a random sequence is made of: data only, so that fast-check can shrink it and a person can read it. */
import fc from 'fast-check';

/** A revision: so many before the newest (negative: after it), or none. */
export type Back = number | undefined;

export interface Put {
  readonly do: 'put';
  readonly key: string;
  readonly value: string;
  /** Which of the sequence's leases. */
  readonly lease?: number | undefined;
  readonly prev?: boolean | undefined;
  readonly ignore?: 'value' | 'lease' | 'both' | undefined;
}

export interface Range {
  readonly do: 'range';
  readonly key: string;
  readonly end?: string | undefined;
  readonly limit?: number | undefined;
  readonly at?: Back;
  readonly order?: 'None' | 'Ascend' | 'Descend' | undefined;
  readonly target?: 'Key' | 'Version' | 'Create' | 'Mod' | 'Value' | undefined;
  readonly serializable?: boolean | undefined;
  readonly shape?: 'keys' | 'count' | undefined;
  readonly bounds?: readonly (readonly [Bound, Back])[] | undefined;
}

export type Bound =
  | 'min_mod_revision'
  | 'max_mod_revision'
  | 'min_create_revision'
  | 'max_create_revision';

export interface Delete {
  readonly do: 'delete';
  readonly key: string;
  readonly end?: string | undefined;
  readonly prev?: boolean | undefined;
}

export interface Comparison {
  readonly key: string;
  readonly end?: string | undefined;
  readonly target: 'Version' | 'Create' | 'Mod' | 'Value' | 'Lease';
  readonly result: 'Equal' | 'Greater' | 'Less' | 'NotEqual';
  /** A version, how far back a revision lies, which value, which lease: by the target. */
  readonly than: number;
}

export interface Txn {
  readonly do: 'txn';
  readonly compare: readonly Comparison[];
  readonly success: readonly Operation[];
  readonly failure: readonly Operation[];
}

export type Operation = Put | Range | Delete | Txn;

export interface Watch {
  readonly do: 'watch';
  readonly stream: number;
  readonly id?: number | undefined;
  readonly key: string;
  readonly end?: string | undefined;
  readonly from?: Back;
  readonly prev?: boolean | undefined;
  readonly fragment?: boolean | undefined;
  readonly filters?: readonly ('Noput' | 'Nodelete')[] | undefined;
}

export type LeaseStep =
  | {readonly do: 'grant'; readonly lease: number; readonly ttl: number}
  | {readonly do: 'revoke' | 'keepAlive' | 'timeToLive'; readonly lease: number}
  | {readonly do: 'leases'};

export type Step =
  | Operation
  | LeaseStep
  | Watch
  | {readonly do: 'compact'; readonly at: number}
  | {readonly do: 'cancel'; readonly stream: number; readonly id: number}
  | {readonly do: 'progress'; readonly stream: number};

export const VALUES = ['', 'x', '9', '10', 'x\0', '\xff'];
const KEYS = ['a', 'a\0', 'a/', 'a/1', 'a/2', 'b', 'b\xff', 'c'];
const ENDS = ['\0', 'a\0', 'a0', 'b', 'b\xff', 'c', 'd', '\xff'];
const STREAMS = 2;
/** How many leases a sequence may grant. */
export const LEASES = 4;

const key = fc.oneof({weight: 60, arbitrary: fc.constantFrom(...KEYS)}, fc.constant(''));
const end = fc.option(fc.constantFrom(...ENDS), {nil: undefined});
const lease = fc.nat(LEASES - 1);
const maybe = <T>(arbitrary: fc.Arbitrary<T>, freq = 3): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, {nil: undefined, freq});
const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({weight: 5, arbitrary: fc.constant(undefined)}, {weight: 1, arbitrary});
const flag = rarely(fc.constant(true as const));
const back = fc.oneof({weight: 12, arbitrary: fc.nat(12)}, fc.constantFrom(-1, -3));
const word = <T extends string>(...words: T[]): fc.Arbitrary<T> => fc.constantFrom(...words);

const put: fc.Arbitrary<Put> = fc.record({
  do: fc.constant('put' as const),
  key,
  value: word(...VALUES),
  lease: rarely(lease),
  prev: flag,
  ignore: rarely(word('value', 'lease', 'both')),
});
const plainPut: fc.Arbitrary<Put> = fc.record({
  do: fc.constant('put' as const),
  key: word(...KEYS),
  value: word(...VALUES),
  lease: rarely(lease),
});
const range: fc.Arbitrary<Range> = fc.record({
  do: fc.constant('range' as const),
  key,
  end,
  limit: rarely(fc.integer({min: -1, max: 4})),
  at: maybe(back, 2),
  order: rarely(word('None', 'Ascend', 'Descend')),
  target: rarely(word('Key', 'Version', 'Create', 'Mod', 'Value')),
  serializable: flag,
  shape: rarely(word('keys', 'count')),
  bounds: rarely(
    fc.array(
      fc.tuple(
        word<Bound>(
          'min_mod_revision',
          'max_mod_revision',
          'min_create_revision',
          'max_create_revision',
        ),
        back,
      ),
      {maxLength: 2},
    ),
  ),
});
const deletion: fc.Arbitrary<Delete> = fc.record({
  do: fc.constant('delete' as const),
  key,
  end: rarely(fc.constantFrom(...ENDS)),
  prev: flag,
});
const comparison: fc.Arbitrary<Comparison> = fc.record({
  key,
  end: rarely(fc.constantFrom(...ENDS)),
  target: word('Version', 'Create', 'Mod', 'Value', 'Lease'),
  result: word('Equal', 'Greater', 'Less', 'NotEqual'),
  than: fc.nat(4),
});

const {txn} = fc.letrec<{txn: Txn; operation: Operation}>((tie) => ({
  txn: fc.record({
    do: fc.constant('txn' as const),
    compare: fc.array(comparison, {maxLength: 2}),
    success: fc.array(tie('operation'), {maxLength: 4}),
    failure: fc.array(tie('operation'), {maxLength: 3}),
  }),
  operation: fc.oneof(
    {maxDepth: 2, depthIdentifier: 'txn'},
    {weight: 5, arbitrary: plainPut},
    {weight: 2, arbitrary: put},
    {weight: 3, arbitrary: range},
    {weight: 3, arbitrary: deletion},
    {weight: 2, arbitrary: tie('txn')},
  ),
}));

const watch: fc.Arbitrary<Watch> = fc.record({
  do: fc.constant('watch' as const),
  stream: fc.nat(STREAMS - 1),
  id: rarely(fc.constantFrom(1, 2, 5)),
  key,
  end,
  from: maybe(back, 2),
  prev: flag,
  fragment: flag,
  filters: rarely(fc.uniqueArray(word('Noput', 'Nodelete'))),
});
const leaseStep: fc.Arbitrary<LeaseStep> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('grant' as const),
      lease,
      // Long enough that none expires before the sequence ends.
      ttl: fc.constantFrom(600, 900, 9_000_000_000, 9_000_000_001),
    }),
  },
  {weight: 2, arbitrary: fc.record({do: word('revoke', 'keepAlive', 'timeToLive'), lease})},
  {weight: 1, arbitrary: fc.constant({do: 'leases' as const})},
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {weight: 7, arbitrary: plainPut},
  {weight: 2, arbitrary: put},
  {weight: 5, arbitrary: range},
  {weight: 3, arbitrary: deletion},
  {weight: 7, arbitrary: txn},
  {weight: 4, arbitrary: leaseStep},
  {weight: 2, arbitrary: watch},
  {weight: 1, arbitrary: fc.record({do: fc.constant('compact' as const), at: back})},
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({
        do: fc.constant('cancel' as const),
        stream: fc.nat(STREAMS - 1),
        id: fc.constantFrom(0, 1, 2, 3, 5),
      }),
      fc.record({do: fc.constant('progress' as const), stream: fc.nat(STREAMS - 1)}),
    ),
  },
);

/** Without a bias to small values: each seed is one run. */
export const sequence: fc.Arbitrary<Step[]> = fc.noBias(
  fc.array(step, {minLength: 1, maxLength: 24, size: 'max'}),
);
