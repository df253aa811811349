/** The views need it too, and may import the model only. */
export {visible} from '../model/visible.ts';
