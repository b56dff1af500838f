// This module makes its implementations from the data that the start of the host brings.
import { hosted } from '../../../src/actors/host.js';
import { echo } from '../echo-kind.js';

/** The function form: what the actor says comes with the start of the host. */
export async function implementations(data: unknown) {
  return [
    hosted({
      kind: echo,
      start: (_init, context) => {
        context.emit(`data: ${data}`);
        return { receive: () => {} };
      },
    }),
  ];
}
