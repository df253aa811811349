/** The door of `sm store export | import`: moving everything below a prefix from one store to another. */
export {exportPrefix} from './export.ts';
export {readExport} from './file.ts';
export {importPrefix} from './import.ts';
export {openPlace} from './place.ts';
export type {PlaceOptions} from './place.ts';
export {readWhole, writeWhole} from './whole-file.ts';
