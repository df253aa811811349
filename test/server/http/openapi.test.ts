import {describe, expect, it} from 'vitest';
import {routeRows} from '../../../src/protocol/admin.ts';
import {openApiDocument} from '../../../src/server/http/openapi.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
}

const {paths} = openApiDocument('1.2.3') as {paths: Record<string, Record<string, Operation>>};

describe('the OpenAPI document', () => {
  it.each(Object.entries(routeRows))('has %s as the table has it', (operation, row) => {
    const described = paths[row.path]?.[row.method.toLowerCase()];
    expect(described).toMatchObject({operationId: operation, summary: row.summary});
    expect(described?.description).toMatch(
      row.changes === 'nothing'
        ? /^Changes nothing\. Needs the role view /
        : /^Changes .+ leaves an audit entry\. Needs the role (operate|admin) /,
    );
  });

  it.each(Object.values(routeRows))('names the refusals that $path can meet', (row) => {
    const {responses = {}} = paths[row.path]?.[row.method.toLowerCase()] as {responses?: object};
    const ofBodies = row.method === 'POST' ? ['413', '415'] : [];
    expect(Object.keys(responses)).toEqual([
      ...['200', '400', '401', '403', '404', '405', '409'],
      ...ofBodies,
      ...['429', '503'],
    ]);
  });

  it('has nothing besides', () => {
    const described = Object.values(paths).flatMap((methods) => Object.keys(methods));
    expect(described).toHaveLength(Object.keys(routeRows).length);
  });
});
