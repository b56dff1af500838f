// This file defines the messages between the store's process and its owner.
import type { HostedKind } from '../../actors/host.js';
import type { StoreLocation } from '../location.js';
import type { Changes } from '../ports/changes.js';
import type { ChangeSeq } from '../ports/ids.js';
import type { StoreState } from '../ports/store.js';
import type { CallName, Ports } from './call-policies.js';

/** The data with which the store's process opens the store. */
export interface StoreActorInit {
  readonly location: StoreLocation;
  /** The last change that the owner knows. Absent: the owner is new and begins with the newest change. */
  readonly since?: ChangeSeq;
}

/** A report to the owner: changes, or the state whenever it is another one. */
export type StoreReport = { readonly changes: Changes } | { readonly state: StoreState };

/** `tick` comes from the actor's own timer; `look` asks the actor to look for changes now. */
export type StoreMessage = 'tick' | 'look';

/** Every call of the ports as a question of the same name, whose request is the call's arguments. */
export type StoreAsks = {
  readonly [Name in CallName]: {
    request: Parameters<Ports[Name]>;
    response: Awaited<ReturnType<Ports[Name]>>;
  };
};

/** The store as an actor. It sends its owner first the position of the newest change, then each change as it happens. */
export const STORE_KIND: HostedKind<StoreMessage, StoreReport, StoreReport, StoreActorInit, StoreAsks> = {
  name: 'store',
  in: {
    write: (message, out) => out.u8(message === 'tick' ? 0 : 1),
    read: (from) => (from.u8() === 0 ? 'tick' : 'look'),
  },
  out: {
    write: (report, out) => out.utf8(JSON.stringify(report)),
    read: (from): StoreReport => JSON.parse(from.utf8()),
  },
};
