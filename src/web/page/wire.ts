// This file types the answers of the REST API, as far as the page uses them; the schemas of the routes describe them in full.

/** The answer of `/api/auth/me`: who is signed in. */
export interface Me {
  readonly userId: string;
  readonly name: string | null;
  readonly email: string | null;
  /** The flags that `visiona token` needs, quoted for a shell; null: access tokens are off. */
  readonly cliFlags: string | null;
}

/** A device of the user. */
export interface DeviceItem {
  readonly deviceId: string;
  readonly name: string;
  readonly model?: string | undefined;
  /** The time in RFC 3339, as every time in this file. */
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

/** A pairing token, with its state. */
export interface PairingTokenItem {
  readonly tokenId: string;
  readonly name?: string | undefined;
  readonly state: 'pending' | 'used' | 'expired' | 'revoked';
  readonly uses: number;
  readonly used: number;
  readonly expiresAt: string;
  /** The last device that was paired with the token. */
  readonly deviceId?: string | undefined;
}

/** One page of the list of pairing tokens. */
export interface PairingTokenPage {
  readonly items: readonly PairingTokenItem[];
}

/** The answer to a sign-out. */
export interface SignedOut {
  /** The URL at which the browser signs out at the provider too. */
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
