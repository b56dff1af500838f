import type { CallRecorder } from '../server/call-recorder.js';
import type { TrustedProxies } from '../server/trusted-proxies.js';
import type { BridgeForwarder } from '../tunnel/forward/bridge-contract.js';
import type { Forwarder } from '../tunnel/forward/contract.js';
import type { DeviceLookup } from './device-lookup.js';
import type { OpenStreams } from './open-streams.js';

/** What calls to devices are made with. */
export interface DeviceServices {
  readonly devices: DeviceLookup;
  readonly forwarder: Forwarder & BridgeForwarder;
  readonly calls: CallRecorder;
  readonly open: OpenStreams;
  readonly proxies: TrustedProxies;
  /** What callers speak, as devices are told in X-Forwarded-Proto. */
  readonly scheme: 'http' | 'https';
}
