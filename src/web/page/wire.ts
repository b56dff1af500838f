/*
 * What the page gets, as far as it uses it; the schemas of the routes say all of it.
 */

export interface Me {
  readonly userId: string;
  readonly name: string | null;
  readonly email: string | null;
  /** What `visiona token` must be told, as a shell takes it; null: access tokens are off. */
  readonly cliFlags: string | null;
}

export interface Device {
  readonly deviceId: string;
  readonly name: string;
  readonly model?: string | undefined;
  /** RFC 3339, as every time here. */
  readonly createdAt: string;
  readonly online: boolean;
  readonly lastConnectedAt?: string | undefined;
}

export interface DevicePage {
  readonly items: readonly Device[];
  readonly nextCursor?: string | undefined;
}

export interface MadePairingToken {
  readonly tokenId: string;
  readonly code: string;
}

export interface PairingToken {
  readonly tokenId: string;
  readonly name?: string | undefined;
  readonly state: 'pending' | 'used' | 'expired' | 'revoked';
  readonly uses: number;
  readonly used: number;
  readonly expiresAt: string;
  /** The device that was paired with it last. */
  readonly deviceId?: string | undefined;
}

export interface PairingTokenPage {
  readonly items: readonly PairingToken[];
}

export interface SignedOut {
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
