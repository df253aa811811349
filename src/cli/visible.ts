/** The views need it too, and may import the model only. */
export {visible, visibleLines} from '../model/visible.ts';
