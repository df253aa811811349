import {SmCommand} from '../../cli/base-command.ts';
import {contextPath, readContexts} from '../../cli/contexts.ts';
import {shownContext} from '../../cli/settings.ts';
import {listFlags} from '../../cli/list-shape.ts';

export default class ContextLs extends SmCommand<typeof ContextLs> {
  static override summary = 'List contexts: named sets of settings.';
  static override examples = ['<%= config.bin %> context ls'];
  static override hiddenAliases = ['context:list', 'contexts:ls'];
  static override flags = {...listFlags};

  override async run(): Promise<void> {
    const {current, contexts} = await readContexts();
    const items = Object.entries(contexts)
      .map(([name, context]) => ({name, current: name === current, ...shownContext(context)}))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    await this.showList({
      kind: 'ContextList',
      fields: {current, file: contextPath()},
      items,
      name: ({name}) => name,
      columns: [
        {header: 'CURRENT', value: (context) => (context.current ? '*' : '-')},
        {header: 'CONTEXT', value: ({name}) => name},
        {header: 'SERVER', value: ({server}) => server ?? '-'},
        {header: 'APP', value: ({app}) => app ?? '-'},
        {header: 'OUTPUT', value: ({output}) => output ?? '-', wide: true},
        {header: 'TIMEOUT', value: ({timeout}) => timeout ?? '-', wide: true},
        {header: 'TOKEN FILE', value: ({tokenFile}) => tokenFile ?? '-', wide: true},
      ],
      ...(items.length === 0
        ? {note: 'no context: add one with sm context add NAME --server URL'}
        : {}),
    });
  }
}
