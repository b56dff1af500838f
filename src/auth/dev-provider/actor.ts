// The development provider's thread loads this module, which has the provider as an actor.
import type { Implementation } from '../../actors/host.js';
import { hosted } from '../../actors/host.js';
import { Secret } from '../../text/secret.js';
import { bindDevProvider } from './dev-provider.js';
import { DEV_PROVIDER_KIND, type DevProviderAsks, type DevProviderInit, type LogLine } from './kind.js';

const devProviderActor: Implementation<never, LogLine, LogLine, DevProviderInit, DevProviderAsks> = {
  kind: DEV_PROVIDER_KIND,
  async start({ address, secret, audience, publicUrl }, context) {
    const provider = await bindDevProvider({ address, secret: new Secret(secret), audience }, (line) => {
      context.emit(line);
    });
    if (publicUrl !== undefined) provider.serve(new URL(publicUrl));
    return {
      receive() {},
      answer: {
        port: () => provider.port,
        serve: (url) => {
          provider.serve(new URL(url));
          return undefined;
        },
      },
      terminated: () => provider.close(),
    };
  },
};

/** The actors that the thread can start. */
export const implementations = [hosted(devProviderActor)];
