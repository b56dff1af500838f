import { hosted } from '../../actors/host.js';
import { storeActor } from './store-actor.js';

/** The module of the store's process. */
export const implementations = [hosted(storeActor)];
