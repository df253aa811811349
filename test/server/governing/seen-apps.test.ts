import {expect, it} from 'vitest';
import {SeenApps} from '../../../src/server/governing/seen-apps.ts';

it('knows the apps of the newest listing and those that came since; a listing of a store that has gone back hides none', () => {
  const seen = new SeenApps();
  seen.note(['users']);
  seen.listed(['orders', 'users'], 10);
  expect(seen.all).toEqual(['orders', 'users']);
  // One was removed meanwhile.
  seen.listed(['orders'], 20);
  seen.note(['carts']);
  seen.listed([], 3);
  expect(seen.all).toEqual(['carts', 'orders']);
  seen.forget();
  seen.listed(['new'], 3);
  expect(seen.all).toEqual(['new']);
});
