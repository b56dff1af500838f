import { CALL_NAMES, type CallName, type Ports } from '../wire/call-policies.js';

/** The calls of the ports as methods, each of which asks by its name and arguments. */
abstract class Asking {
  protected abstract ask<Name extends CallName>(
    name: Name,
    args: Parameters<Ports[Name]>,
  ): Promise<Awaited<ReturnType<Ports[Name]>>>;

  static {
    for (const name of CALL_NAMES) {
      Object.defineProperty(Asking.prototype, name, {
        value(this: Asking, ...args: Parameters<Ports[typeof name]>) {
          return this.ask(name, args);
        },
      });
    }
  }
}

export const RemoteStore = Asking as abstract new () => Asking & Ports;
