/** The commands that work on a store itself: `sm store export | import` and `sm audit`. */
export {auditStore} from './audit.ts';
export type {AuditResult} from './audit.ts';
export {disarm} from './disarm.ts';
export {exportPrefix} from './export.ts';
export {readExport} from './file.ts';
export {initRoles, plannedRoles} from './init-roles.ts';
export {importFile} from './import.ts';
export {migrationReport, release} from './migrate.ts';
export {withLocation} from './store-location.ts';
export type {StoreLocationOptions} from './store-location.ts';
export {readWhole} from './export-input.ts';
