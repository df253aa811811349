/** What a start needs of the configuration, and of the files that it names: all that can be found out before anything is opened. */
import type {ServerConfig} from '../config/index.ts';
import {credentialsOf} from '../embedded/options.ts';
import {checkAuditFile} from '../runtime/audit-file.ts';
import {Credentials} from './credentials.ts';
import {refuseUncallable} from './loopback-check.ts';

/** Opens no connection and writes nothing. @throws SmError INVALID_CONFIG: with this configuration no daemon starts. */
export function checkStart(config: ServerConfig): void {
  refuseUncallable(config.advertise);
  credentialsOf(config.embedded?.tls);
  new Credentials(config).check();
  if (config.audit !== undefined) checkAuditFile(config.audit.file);
}
