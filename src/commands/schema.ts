import {Args} from '@oclif/core';
import {SmCommand} from '../cli/base-command.ts';
import {SmError} from '../model/errors.ts';
import {nearestWords} from '../model/nearest.ts';

const FILES = ['apps', 'config'];

export default class Schema extends SmCommand<typeof Schema> {
  static override summary = 'Print the JSON Schema of a file, or of an answer of the admin API.';
  static override description =
    'KIND is apps, config, or an operation of the admin API such as getContainers; without KIND the command lists all kinds.';
  static override examples = [
    '<%= config.bin %> schema apps > apps.schema.json',
    '<%= config.bin %> schema getContainers',
  ];
  static override args = {kind: Args.string({description: 'kind of schema to print'})};

  override async run(): Promise<void> {
    const {kind} = this.args;
    if (kind === undefined) return this.list();
    const schema = await this.schemaOf(kind);
    // A schema is JSON whatever else is asked for.
    if (this.isForPeople) process.stdout.write(`${JSON.stringify(schema, undefined, 2)}\n`);
    else await this.showObject({kind: 'Schema', fields: {of: kind, schema}, name: kind, lines: []});
  }

  private async list(): Promise<void> {
    const {adminRoutes} = await import('../protocol/admin.ts');
    const kinds = [
      ...FILES.map((name) => ({name, summary: `file: ${name}`})),
      ...Object.entries(adminRoutes).map(([name, {summary}]) => ({
        name,
        summary: `API: ${summary}`,
      })),
    ];
    await this.showList({
      kind: 'SchemaList',
      items: kinds,
      name: ({name}) => name,
      columns: [
        {header: 'KIND', value: ({name}) => name},
        {header: 'SUMMARY', value: ({summary}) => summary},
      ],
    });
  }

  private async schemaOf(kind: string): Promise<object> {
    const {appsSchema, configSchema} = await import('../config/explanations.ts');
    if (kind === 'apps') return appsSchema();
    if (kind === 'config') return configSchema();
    const {adminRoutes} = await import('../protocol/admin.ts');
    const {toJSONSchema} = await import('zod');
    const routes: Readonly<Record<string, (typeof adminRoutes)[keyof typeof adminRoutes]>> =
      adminRoutes;
    const route = Object.hasOwn(routes, kind) ? routes[kind] : undefined;
    if (route === undefined) throw unknownKind(kind, [...FILES, ...Object.keys(routes)]);
    return {
      request: toJSONSchema(route.request, {io: 'input', unrepresentable: 'any'}),
      answer: toJSONSchema(route.answer, {unrepresentable: 'any'}),
    };
  }
}

function unknownKind(kind: string, known: readonly string[]): SmError {
  const near = nearestWords(kind, known);
  return new SmError('NOT_FOUND', `there is no schema of ${JSON.stringify(kind)}`, {
    hint: near.length === 0 ? 'sm schema lists all' : `did you mean ${near.join(', ')}?`,
  });
}
