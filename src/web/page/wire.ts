// This file types the answers of the REST API, as far as the page uses them; the schemas of the routes say all of them.

/** The answer of `/api/auth/me`: who is signed in. */
export interface Me {
  readonly userId: string;
  readonly name: string | null;
  readonly email: string | null;
  /** What `visiona token` must be told, as a shell takes it; null: access tokens are off. */
  readonly cliFlags: string | null;
}

/** A device of the user's. */
export interface DeviceItem {
  readonly deviceId: string;
  readonly name: string;
  readonly model?: string | undefined;
  /** RFC 3339, as every time here. */
  readonly createdAt: string;
  readonly online: boolean;
  readonly lastConnectedAt?: string | undefined;
}

/** One page of the list of devices. */
export interface DevicePage {
  readonly items: readonly DeviceItem[];
  readonly nextCursor?: string | undefined;
}

/** A new pairing token, with its code for people. */
export interface MadePairingToken {
  readonly tokenId: string;
  readonly code: string;
}

/** A pairing token, and what became of it. */
export interface PairingTokenItem {
  readonly tokenId: string;
  readonly name?: string | undefined;
  readonly state: 'pending' | 'used' | 'expired' | 'revoked';
  readonly uses: number;
  readonly used: number;
  readonly expiresAt: string;
  /** The device that was paired with it last. */
  readonly deviceId?: string | undefined;
}

/** One page of the list of pairing tokens. */
export interface PairingTokenPage {
  readonly items: readonly PairingTokenItem[];
}

/** The answer to a sign-out. */
export interface SignedOut {
  /** Where the browser signs out at the provider too. */
  readonly endSessionUrl: string | null;
}

/** A problem document (RFC 9457). */
export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string | undefined;
  readonly errors?: readonly { readonly path: string; readonly message: string }[] | undefined;
}
