/** What the queries of rules and dashboards ask for: metrics with the labels they are matched by, joined by or grouped by. */

export interface AskedMetric {
  readonly name: string;
  /** Names of labels in its braces. */
  readonly labels: readonly string[];
}

export interface AskedQuery {
  readonly metrics: readonly AskedMetric[];
  /** Labels of `by`, `on` and `without`. */
  readonly grouped: readonly string[];
}

const METRIC =
  /\b([a-z][a-z0-9_]*:[a-z0-9_:]+|(?:sm|nodejs|process)_[a-z0-9_]+|up)\b(?:\{([^}]*)\})?/g;
const GROUPED = /\b(?:by|on|without|ignoring)\s*\(([^)]*)\)/g;
const MATCHER = /([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*"/g;

export function askedBy(query: string): AskedQuery {
  const metrics = [...query.replace(GROUPED, ' ').matchAll(METRIC)].map(
    ([, name = '', braces = '']) => ({
      name,
      labels: [...braces.matchAll(MATCHER)].map(([, label = '']) => label),
    }),
  );
  const grouped = [...query.matchAll(GROUPED)].flatMap(([, list = '']) =>
    list.split(',').map((label) => label.trim()),
  );
  return {metrics, grouped: grouped.filter((label) => label !== '')};
}

/** Labels of each series by its name, of a text that was scraped; a metric without any series has none. */
export function exportedLabels(text: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const of = (name: string): Set<string> => {
    const labels = found.get(name) ?? new Set<string>();
    found.set(name, labels);
    return labels;
  };
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\w+) (\w+)$/.exec(line);
    if (type !== null) {
      const [, name = '', kind] = type;
      if (kind !== 'histogram') of(name);
      else for (const end of ['_bucket', '_sum', '_count']) of(name + end);
    }
    const series = /^([a-z]\w*)(?:\{(.*)\})? /.exec(line);
    if (series === null) continue;
    const [, name = '', braces = ''] = series;
    for (const [, label = ''] of braces.matchAll(MATCHER)) of(name).add(label);
  }
  return found;
}
