/** What counts as a confirmation. */
import {expect, it} from 'vitest';
import {confirmByName, confirmByNames} from '../../src/cli/confirm.ts';

const WHAT = 'remove shards';

it('takes one name as it stands', async () => {
  await confirmByName(WHAT, 'orders', 'orders');
  await expect(confirmByName(WHAT, 'orders', 'orders,search')).rejects.toThrow('not confirmed');
});

it.each(['orders,search', 'search,orders', 'orders, search', 'orders,billing,search'])(
  'takes %s for orders and search: an app that loses nothing this time may be named, too',
  async (given) => {
    await confirmByNames(WHAT, ['orders', 'search'], given);
  },
);

it.each([
  ['orders', 'search'],
  ['', 'orders, search'],
  ['orders,serch', 'search'],
])('does not take %j: it names what is not confirmed', async (given, missing) => {
  await expect(confirmByNames(WHAT, ['orders', 'search'], given)).rejects.toMatchObject({
    message: `not confirmed for ${missing}: ${WHAT}`,
    hint: 'type all names, or add --confirm orders,search',
  });
});
