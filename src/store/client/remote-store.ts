// RemoteStore has each call of the ports as a method, which asks the store's process by its own name and arguments.
import type { CallName, Ports } from '../wire/call-policies.js';

type Args<Name extends CallName> = Parameters<Ports[Name]>;

type Answer<Name extends CallName> = Awaited<ReturnType<Ports[Name]>>;

/** The ports, as calls to the store's process. A subclass says in {@link RemoteStore.ask} how a call gets there. */
export abstract class RemoteStore implements Ports {
  /** Makes the call `name` in the store's process. @throws StoreError */
  protected abstract ask<Name extends CallName>(name: Name, args: Args<Name>): Promise<Answer<Name>>;

  // The methods about users. Their calls are in ../calls/sign-ins.ts.

  ensureUser(...args: Args<'ensureUser'>) {
    return this.ask('ensureUser', args);
  }

  findUser(...args: Args<'findUser'>) {
    return this.ask('findUser', args);
  }

  // The methods about devices. Their calls are in ../calls/devices.ts.

  provision(...args: Args<'provision'>) {
    return this.ask('provision', args);
  }

  listDevices(...args: Args<'listDevices'>) {
    return this.ask('listDevices', args);
  }

  findDevice(...args: Args<'findDevice'>) {
    return this.ask('findDevice', args);
  }

  revokeDevice(...args: Args<'revokeDevice'>) {
    return this.ask('revokeDevice', args);
  }

  listAllDevices(...args: Args<'listAllDevices'>) {
    return this.ask('listAllDevices', args);
  }

  ownerOf(...args: Args<'ownerOf'>) {
    return this.ask('ownerOf', args);
  }

  // The methods about one device. Their calls are in ../calls/device-admin.ts.

  updateDevice(...args: Args<'updateDevice'>) {
    return this.ask('updateDevice', args);
  }

  rotateCredential(...args: Args<'rotateCredential'>) {
    return this.ask('rotateCredential', args);
  }

  deviceEvents(...args: Args<'deviceEvents'>) {
    return this.ask('deviceEvents', args);
  }

  recordOffline(...args: Args<'recordOffline'>) {
    return this.ask('recordOffline', args);
  }

  // The methods that admit devices. Their calls are in ../calls/admission.ts.

  connect(...args: Args<'connect'>) {
    return this.ask('connect', args);
  }

  activeCredentials(...args: Args<'activeCredentials'>) {
    return this.ask('activeCredentials', args);
  }

  // The methods about sign-ins. Their calls are in ../calls/sign-ins.ts.

  isReplaced(...args: Args<'isReplaced'>) {
    return this.ask('isReplaced', args);
  }

  spendState(...args: Args<'spendState'>) {
    return this.ask('spendState', args);
  }

  beginSignIn(...args: Args<'beginSignIn'>) {
    return this.ask('beginSignIn', args);
  }

  findSignIn(...args: Args<'findSignIn'>) {
    return this.ask('findSignIn', args);
  }

  touchSignIn(...args: Args<'touchSignIn'>) {
    return this.ask('touchSignIn', args);
  }

  claimRefresh(...args: Args<'claimRefresh'>) {
    return this.ask('claimRefresh', args);
  }

  resealSignIn(...args: Args<'resealSignIn'>) {
    return this.ask('resealSignIn', args);
  }

  listSignIns(...args: Args<'listSignIns'>) {
    return this.ask('listSignIns', args);
  }

  endSignIn(...args: Args<'endSignIn'>) {
    return this.ask('endSignIn', args);
  }

  // The methods about cookie keys. Their calls are in ../calls/sign-ins.ts.

  joinCookieKeys(...args: Args<'joinCookieKeys'>) {
    return this.ask('joinCookieKeys', args);
  }

  endAllSignIns(...args: Args<'endAllSignIns'>) {
    return this.ask('endAllSignIns', args);
  }

  // The methods about pairing. Their calls are in ../calls/pairing.ts.

  addPairingToken(...args: Args<'addPairingToken'>) {
    return this.ask('addPairingToken', args);
  }

  listPairingTokens(...args: Args<'listPairingTokens'>) {
    return this.ask('listPairingTokens', args);
  }

  revokePairingToken(...args: Args<'revokePairingToken'>) {
    return this.ask('revokePairingToken', args);
  }

  findPairing(...args: Args<'findPairing'>) {
    return this.ask('findPairing', args);
  }

  mintPending(...args: Args<'mintPending'>) {
    return this.ask('mintPending', args);
  }

  completePairing(...args: Args<'completePairing'>) {
    return this.ask('completePairing', args);
  }

  revokeCredential(...args: Args<'revokeCredential'>) {
    return this.ask('revokeCredential', args);
  }

  // The methods about attempts. Their calls are in ../calls/attempts.ts.

  countAttempt(...args: Args<'countAttempt'>) {
    return this.ask('countAttempt', args);
  }

  forgiveAttempt(...args: Args<'forgiveAttempt'>) {
    return this.ask('forgiveAttempt', args);
  }

  // The methods about nodes. Their calls are in ../calls/nodes.ts.

  claimNode(...args: Args<'claimNode'>) {
    return this.ask('claimNode', args);
  }

  renewNode(...args: Args<'renewNode'>) {
    return this.ask('renewNode', args);
  }

  releaseNode(...args: Args<'releaseNode'>) {
    return this.ask('releaseNode', args);
  }

  // The methods about the audit log. Their calls are in ../calls/audit.ts; those about spent tokens are in ../calls/admission.ts.

  audit(...args: Args<'audit'>) {
    return this.ask('audit', args);
  }

  listAudit(...args: Args<'listAudit'>) {
    return this.ask('listAudit', args);
  }

  spentCredentials(...args: Args<'spentCredentials'>) {
    return this.ask('spentCredentials', args);
  }

  spentPairing(...args: Args<'spentPairing'>) {
    return this.ask('spentPairing', args);
  }

  // The methods about changes. Their calls are in ../calls/changes.ts.

  lastChange(...args: Args<'lastChange'>) {
    return this.ask('lastChange', args);
  }

  changesSince(...args: Args<'changesSince'>) {
    return this.ask('changesSince', args);
  }
}
