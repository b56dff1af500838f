// Registrations: what is made, when, how often, and that a token of another type is no dependency.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createContainer, provide, provideBy, token } from '../../../src/cli/compose/provide.js';
import { root } from '../../scripts/root.js';

class Engine {
  readonly power: number;

  constructor(power: number) {
    this.power = power;
  }
}

class Car {
  readonly engine: Engine;
  readonly name: string;

  constructor(engine: Engine, { name }: { readonly name: string; readonly colour?: string }) {
    this.engine = engine;
    this.name = name;
  }
}

const POWER = token<number>('power');
const NAME = token<string>('name');
const ENGINE = token<Engine>('engine');
const CAR = token<Car>('car');

test('a class is made once, when it is asked for, from tokens and objects of tokens', () => {
  const c = createContainer();
  provide(c, CAR, Car, [ENGINE, { name: NAME }]);
  provide(c, ENGINE, Engine, [POWER]);
  c.registerInstance(POWER, 90);
  c.registerInstance(NAME, 'beetle');
  const car = c.resolve(CAR);
  assert.ok(car instanceof Car);
  assert.deepEqual([car.engine.power, car.name], [90, 'beetle']);
  assert.equal(c.resolve(CAR), car);
  assert.equal(c.resolve(ENGINE), car.engine);
});

test('each container makes its own, by its own registrations', () => {
  const [one, other] = [createContainer(), createContainer()];
  for (const [c, power] of [
    [one, 1],
    [other, 2],
  ] as const) {
    provideBy(c, ENGINE, (value: number) => new Engine(value), [POWER]);
    c.registerInstance(POWER, power);
  }
  assert.deepEqual([one.resolve(ENGINE).power, other.resolve(ENGINE).power], [1, 2]);
});

test('what is registered last under a token is what it stands for', () => {
  const c = createContainer();
  provide(c, ENGINE, Engine, [POWER]);
  c.registerInstance(ENGINE, new Engine(3));
  assert.equal(c.resolve(ENGINE).power, 3);
});

test('a token without a registration is named', () => {
  const c = createContainer();
  provide(c, ENGINE, Engine, [POWER]);
  assert.throws(() => c.resolve(ENGINE), /power/);
});

test('the compiler refuses dependencies of another type, too few, and too many', () => {
  const c = createContainer();
  // @ts-expect-error: an engine has a power, not a name
  provide(c, ENGINE, Engine, [NAME]);
  // @ts-expect-error: an engine needs its power
  provide(c, ENGINE, Engine, []);
  // @ts-expect-error: a car has a name that is a text
  provide(c, CAR, Car, [ENGINE, { name: POWER }]);
  // @ts-expect-error: nothing more
  provide(c, CAR, Car, [ENGINE, { name: NAME }, POWER]);
  // @ts-expect-error: a car is no engine
  provide(c, ENGINE, Car, [ENGINE, { name: NAME }]);
});

test('only src/cli/compose knows the container', () => {
  const src = join(root, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const users = files.filter((file) => /from 'tsyringe'/.test(readFileSync(join(src, file), 'utf8')));
  assert.ok(users.length > 0);
  assert.deepEqual(
    users.filter((file) => !file.startsWith(join('cli', 'compose'))),
    [],
  );
});
