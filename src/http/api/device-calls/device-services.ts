import type { Forwarder } from '../../../contract/call.js';
import type { BridgeForwarder } from '../../../contract/websocket.js';
import type { DeviceLookup } from '../../../devices/own-device.js';
import type { CallRecorder } from '../../../server/call-recorder.js';
import type { TrustedProxies } from '../../../server/trusted-proxies.js';
import type { ActiveRequests } from '../../active-requests.js';

/** What calls to devices are made with. */
export interface DeviceServices {
  readonly devices: DeviceLookup;
  readonly forwarder: Forwarder & BridgeForwarder;
  readonly calls: CallRecorder;
  readonly open: ActiveRequests;
  readonly proxies: TrustedProxies;
  /** What callers speak, as devices are told in X-Forwarded-Proto. */
  readonly scheme: 'http' | 'https';
}
