/** The answer to a key that is not a setting. */
import {nearestWords} from '../model/nearest.ts';
import {SECTIONS, SETTINGS} from './settings.ts';

/** `path`: as written, from the root; `prefix`: the section in which it stands, with its dot. */
export function unknownSetting(path: string, prefix: string): string {
  if (!isDotted(path, prefix) && SECTIONS.has(path))
    return `${path} is a section: it holds further settings`;
  const said = `unknown setting ${JSON.stringify(path)}`;
  if (SETTINGS.has(path) || SECTIONS.has(path)) return `${said}: write ${nested(path)}`;
  const meant = elsewhere(path, prefix) ?? nearestSibling(path, prefix);
  return meant === undefined ? said : `${said}, did you mean ${meant}?`;
}

/** A name with a dot would be a second way to write a setting: of two, the last would count without a word. */
export function isDotted(path: string, prefix: string): boolean {
  return path.slice(prefix.length).includes('.');
}

/** `log.level` as `log: {level: ...}`. */
function nested(path: string): string {
  const [first = '', ...rest] = path.split('.');
  return `${first}: ${rest.reduceRight((below, name) => `{${name}: ${below}}`, '...')}`;
}

/** The one setting that has this name in another section, or this path in another spelling, as `log_level`. */
function elsewhere(path: string, prefix: string): string | undefined {
  const [whole, name] = [bare(path), bare(path.slice(prefix.length))];
  const found = [...SETTINGS.keys()].filter(
    (known) => bare(known) === whole || bare(known.slice(known.lastIndexOf('.') + 1)) === name,
  );
  return found.length === 1 ? found[0] : undefined;
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[^a-z]/g, '');
}

function nearestSibling(path: string, prefix: string): string | undefined {
  const siblings = [...SETTINGS.keys(), ...SECTIONS]
    .filter((known) => known.startsWith(prefix) && !isDotted(known, prefix))
    .map((known) => known.slice(prefix.length));
  const [nearest] = nearestWords(path.slice(prefix.length), siblings, 1);
  return nearest === undefined ? undefined : prefix + nearest;
}
