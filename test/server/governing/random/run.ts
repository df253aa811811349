/** `npm run leaderships -- [--seeds N] [--from SEED]`: plays random walks of leadership. Exits 1 when something is broken. */
import {playWalks} from '../../../simulation/walk-script.ts';
import {playLeadership} from './play.ts';

await playWalks(import.meta.filename, playLeadership);
