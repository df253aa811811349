/** Files with secrets that others may read too: the command goes on, and says so. A daemon refuses them. */
import {isOpenToOthers} from '../runtime/file-rights.ts';
import {pathStats} from '../runtime/stats.ts';

/** What each file is, in messages, and where it is; '' for none. */
type SecretFiles = Readonly<Record<string, string>>;

/** One warning for each; what cannot be looked at is the matter of whoever reads it. */
export function openSecretWarnings(files: SecretFiles): string[] {
  const isOpen = (path: string): boolean => {
    const rights = pathStats(path);
    return rights?.isFile() === true && isOpenToOthers(rights, 'group');
  };
  return Object.entries(files)
    .filter(([, path]) => path !== '' && isOpen(path))
    .map(
      ([what, path]) => `warning: ${what} ${path} can be read by others; fix: chmod 600 ${path}`,
    );
}
