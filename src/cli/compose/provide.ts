// This file makes typed registrations in a tsyringe container: each dependency is checked against its parameter.
import 'reflect-metadata';
import { container, type DependencyContainer, type InjectionToken, instanceCachingFactory } from 'tsyringe';

/** The name of a dependency of type `T` in a container. */
export type Token<T> = InjectionToken<T>;

/** A token, or, for a parameter that is an object of collaborators, a token for each of its properties. */
type TokensOf<Parameter> = [Parameter] extends [object]
  ? Token<Parameter> | { readonly [Name in keyof Parameter]: Token<Parameter[Name]> }
  : Token<Parameter>;

type Dependencies<Parameters extends readonly unknown[]> = {
  readonly [At in keyof Parameters]: TokensOf<Parameters[At]>;
};

/** Makes a token. @param name is in the container's error if nothing is registered under the token */
export function token<T>(name: string): Token<T> {
  return Symbol(name);
}

/** Makes the container of one process. */
export function createContainer(): DependencyContainer {
  return container.createChildContainer();
}

/**
 * Registers a class: the container makes its one instance when it is first asked for, and resolves the tokens as the
 * constructor's arguments. tsyringe's decorators are not used: they belong to the class and so to all containers of the thread,
 * and cannot fill a parameter that is an object (ADR 34).
 */
export function provide<T, Parameters extends readonly unknown[]>(
  c: DependencyContainer,
  token: Token<T>,
  Class: new (...dependencies: Parameters) => T,
  dependencies: Dependencies<NoInfer<Parameters>>,
): void {
  provideBy(c, token, (...resolved: Parameters) => new Class(...resolved), dependencies);
}

/** Registers the result of a function as {@link provide} registers a class: made once, when it is first asked for. */
export function provideBy<T, Parameters extends readonly unknown[]>(
  c: DependencyContainer,
  token: Token<T>,
  make: (...dependencies: Parameters) => T,
  dependencies: Dependencies<NoInfer<Parameters>>,
): void {
  const useFactory = instanceCachingFactory((from) => {
    const resolved: unknown = Array.from(dependencies, (dependency) => resolve(from, dependency));
    return make(...(resolved as Parameters));
  });
  c.register(token, { useFactory });
}

function resolve(from: DependencyContainer, dependency: unknown): unknown {
  if (typeof dependency !== 'object' || dependency === null)
    return from.resolve(dependency as Token<unknown>);
  const named = Object.entries(dependency).map(([name, token]) => [name, from.resolve(token)]);
  return Object.fromEntries(named);
}
