/** The flag --endpoints is read by one rule, whichever command has it: what is wrong is said of the flag, before anything is done. */
import {describe, expect, it} from 'vitest';
import {etcdOf} from '../../src/cli/etcd-flags.ts';
import {locationOf} from '../../src/cli/store-location-flags.ts';

describe.each([
  [
    'that run containers',
    (endpoints: string) => etcdOf({endpoints, 'etcd-prefix': '/sm'}).endpoints,
  ],
  ['that open a store', (endpoints: string) => locationOf({endpoints}).endpoints],
])('--endpoints of commands %s', (_which, read) => {
  it('is a list with commas', () => {
    expect(read('10.0.0.1:2379, https://etcd-2:2379')).toEqual([
      '10.0.0.1:2379',
      'https://etcd-2:2379',
    ]);
  });

  it.each(['foo', '', '127.0.0.1:2379,'])('is refused: %j', (text) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        message: expect.stringMatching(
          /^--endpoints holds ".*", which is not of the form host:port$/,
        ) as string,
        hint: 'such as --endpoints 127.0.0.1:2379; several with commas between them',
      }) as Error,
    );
  });
});
