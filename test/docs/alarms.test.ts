/** Alarms in the code, alerts of monitoring/ and pages of docs/alarms are one list. */
import {readFileSync, readdirSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {parse} from 'yaml';
import {ALARM_CODES, alarmPage} from '../../src/model/alarm.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGES = join(ROOT, 'docs/alarms');

interface AlertRule {
  readonly alert: string;
  readonly labels: {readonly code: string; readonly severity: string};
  readonly annotations: {readonly summary: string; readonly runbook_url: string};
}

const alerts = (
  parse(readFileSync(join(ROOT, 'monitoring/alerts.yml'), 'utf8')) as {
    groups: {rules: AlertRule[]}[];
  }
).groups.flatMap(({rules}) => rules);
const pages = readdirSync(PAGES)
  .filter((file) => file !== 'README.md')
  .map((file) => file.replace(/\.md$/, ''));

function page(code: string): string {
  return readFileSync(join(PAGES, `${code}.md`), 'utf8');
}

describe('each alarm code', () => {
  it('has an alert, and each alert has a page and links it', () => {
    const codes = alerts.map(({labels}) => labels.code).sort();
    expect(new Set(codes).size).toBe(codes.length);
    expect(ALARM_CODES.filter((code) => !codes.includes(code))).toEqual([]);
    expect([...pages].sort()).toEqual(codes);
    for (const {alert, labels, annotations} of alerts) {
      expect(annotations.runbook_url).toMatch(new RegExp(`/alarms/${labels.code}\\.md$`));
      expect(page(labels.code)).toContain(`\`${alert}\``);
      expect(page(labels.code)).toContain(`severity \`${labels.severity}\``);
    }
  });

  it('names its page by a path of the repository', () => {
    for (const code of ALARM_CODES)
      expect(readFileSync(join(ROOT, alarmPage(code)), 'utf8')).toContain(`# ${code}\n`);
  });

  it('stands in the list of pages', () => {
    const list = page('README');
    for (const code of pages) expect(list).toContain(`[${code}](${code}.md)`);
  });
});

describe('each page', () => {
  it.each(pages)('%s says what it means, how to see it, what to do and what not', (code) => {
    const parts = page(code).split(/^## /m);
    expect(parts.slice(1).map((part) => part.split('\n')[0])).toEqual([
      'What it means',
      'How to see it',
      'What to do',
      'What not to do',
    ]);
    for (const part of parts) expect(part.split('\n').slice(1).join('').length).toBeGreaterThan(20);
  });

  it.each(pages)('%s has a command to run first', (code) => {
    const [, howToSee = ''] = /^## How to see it\n([^]*?)^## /m.exec(page(code)) ?? [];
    const commands = /`(?:sm|etcdctl|curl|openssl|df|ss) [^`]+`/g;
    expect(howToSee).toMatch(commands);
    // What a command shows is said beside it.
    expect(howToSee.replace(commands, '').replace(/[^a-z]/g, '').length).toBeGreaterThan(20);
  });

  it('names metrics that there are', () => {
    const asked = pages.flatMap((code) =>
      [...page(code).matchAll(/`(sm_[a-z_]+)`/g)].map(([, name = '']) => name),
    );
    const src = readdirSync(join(ROOT, 'src'), {recursive: true, encoding: 'utf8'})
      .filter((file) => /metrics\.ts$|gauges\.ts$/.test(file))
      .map((file) => readFileSync(join(ROOT, 'src', file), 'utf8'))
      .join('');
    const known = (name: string): boolean =>
      src.includes(`'${name}'`) || src.includes(`'${name.replace('sm_container_', '')}'`);
    expect(asked.filter((name) => !known(name))).toEqual([]);
  });
});
