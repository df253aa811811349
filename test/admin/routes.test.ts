import {describe, expect, it} from 'vitest';
import {routeOf} from '../../src/admin/admin-client.ts';
import {adminRoutes} from '../../src/protocol/admin.ts';
import type {AdminOperation} from '../../src/protocol/admin.ts';

describe('the admin client', () => {
  it('knows method and path of every operation of the route table', () => {
    const operations = Object.keys(adminRoutes) as AdminOperation[];
    expect(operations.length).toBeGreaterThan(20);
    for (const operation of operations) {
      const {method, path} = adminRoutes[operation];
      expect({operation, ...routeOf(operation)}).toEqual({operation, method, path});
    }
  });
});
