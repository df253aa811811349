/** `npm run pushes -- [--seeds N] [--from SEED]`: plays random walks of push containers. Exits 1 when something is broken. */
import {playWalks} from '../../../simulation/walk-script.ts';
import {playPush} from './play.ts';

await playWalks(import.meta.filename, playPush);
