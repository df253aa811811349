/** `npm run limits`: writes docs/limits.md. */
import {writeFileSync} from 'node:fs';
import {limitsDocument, roomsWithLimits} from './limits-document.ts';

writeFileSync('docs/limits.md', limitsDocument(await roomsWithLimits()));
