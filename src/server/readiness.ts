// `Readiness` says whether a process can serve, and which parts of its work are missing.
import type { ProblemCode } from '../problems/problem.js';

/**
 * The parts of a process's work, each of which may be missing alone: `reads` of the store (the page, lists, who is signed
 * in); `writes` (sign-ins, pairing, changes); `device-calls`; `dials` of devices.
 */
export const PARTS = ['reads', 'writes', 'device-calls', 'dials'] as const;

/** One of {@link PARTS}. */
export type ReadinessPart = (typeof PARTS)[number];

/** The parts that a process has, and those of them without which a balancer should send it nothing. */
export interface Duties {
  readonly parts: readonly ReadinessPart[];
  readonly essential: readonly ReadinessPart[];
}

/**
 * The duties of api-server: the page and the sign-in are of use without devices, and another api-server has no other
 * remote-proxy.
 */
export const REST_DUTIES: Duties = { parts: ['reads', 'writes', 'device-calls'], essential: ['reads'] };

/** The duties of remote-proxy: both of its parts are essential. */
export const TUNNEL_DUTIES: Duties = {
  parts: ['device-calls', 'dials'],
  essential: ['device-calls', 'dials'],
};

/** The duties of `visiona up`, which has all parts, of which only the reads are essential. */
export const UP_DUTIES: Duties = { parts: PARTS, essential: ['reads'] };

/** Why parts cannot be served; parts that are not listed can. */
export type Missing = Readonly<Partial<Record<ReadinessPart, ProblemCode>>>;

interface ReportedParts {
  readonly works: readonly ReadinessPart[];
  readonly missing: readonly { readonly part: ReadinessPart; readonly code: ProblemCode }[];
  /** Parts that were asked for and that this process does not have. */
  readonly foreign: readonly ReadinessPart[];
}

/** The report when the parts asked for work; `degraded`: other parts do not. */
interface ServingReport extends ReportedParts {
  readonly status: 'ready' | 'degraded';
  readonly why: undefined;
}

/** The report when a part that was asked for does not work, with the reason. */
interface UnreadyReport extends ReportedParts {
  readonly status: 'unready';
  readonly why: ProblemCode;
}

/** A process's answer about itself. */
export type ReadinessReport = ServingReport | UnreadyReport;

/** How long the result of one check is used, in ms: anybody may ask, and a check costs the store and the proxy a call. */
const GOOD_FOR_MS = 1000;

/**
 * Tells whether a process can serve: it is not draining, and its parts work. All listeners of a process share one
 * `Readiness`.
 */
export class Readiness {
  readonly #duties: Duties;
  readonly #check: () => Promise<Missing>;
  readonly #now: () => number;
  #draining = false;
  #result: Promise<Missing> | undefined;
  #checkedAt = 0;

  /** @param check must not reject; parts that the process does not have are ignored in its result */
  constructor(duties: Duties, check: () => Promise<Missing>, now: () => number = () => performance.now()) {
    this.#duties = duties;
    this.#check = check;
    this.#now = now;
  }

  get draining(): boolean {
    return this.#draining;
  }

  drain(): void {
    this.#draining = true;
  }

  /** @param needed the parts that are asked for; left out: the essential ones */
  async report(needed: readonly ReadinessPart[] = this.#duties.essential): Promise<ReadinessReport> {
    const found = await this.#found();
    const code = (part: ReadinessPart): ProblemCode | undefined => {
      if (this.#draining) return 'draining';
      return this.#duties.parts.includes(part) ? found[part] : 'not-supported';
    };
    const { parts } = this.#duties;
    const works = parts.filter((part) => code(part) === undefined);
    const missing = parts.flatMap((part) => {
      const why = code(part);
      return why === undefined ? [] : { part, code: why };
    });
    const foreign = needed.filter((part) => !parts.includes(part));
    const why = needed.map(code).find((each) => each !== undefined);
    if (why !== undefined) return { status: 'unready', works, missing, foreign, why };
    return { status: missing.length === 0 ? 'ready' : 'degraded', works, missing, foreign, why };
  }

  async #found(): Promise<Missing> {
    if (this.#draining) return {};
    if (this.#result === undefined || this.#now() - this.#checkedAt >= GOOD_FOR_MS) {
      this.#checkedAt = this.#now();
      this.#result = this.#check();
    }
    return this.#result;
  }
}

/** The parts that a query asks for, `device-calls,dials`; undefined: the text does not keep {@link PARTS_RULE}. */
export function partsOf(text: string): readonly ReadinessPart[] | undefined {
  const names = text.split(',');
  const known = names.every((name) => PARTS.some((part) => part === name));
  return known ? PARTS.filter((part) => names.includes(part)) : undefined;
}

/** The rule for a query for parts. */
export const PARTS_RULE = `parts: names between commas of ${PARTS.join(', ')}`;

/** The body of a good answer. */
export function readyBody({ status, works, missing }: ServingReport) {
  return { status, works: [...works], missing: [...missing] };
}

/** The detail of a problem, for a person: parts that this process does not have, parts that are missing, parts that work. */
export function unreadyDetail({ works, missing, foreign }: UnreadyReport): string {
  const lacks = missing.map(({ part, code }) => `${part} (${code})`).join(', ');
  const state = `missing: ${lacks || 'nothing'}; works: ${works.join(', ') || 'nothing'}`;
  return foreign.length === 0 ? state : `this process has no part ${foreign.join(', ')}; ${state}`;
}

/** The answer to a question about readiness where no schema makes it: the body of a good answer, or a problem. */
export type ReadinessAnswer =
  | { readonly body: ReturnType<typeof readyBody> }
  | {
      readonly code: ProblemCode;
      readonly detail: string;
      /** True if the problem is a readiness report: then no request has failed. */
      readonly unready: boolean;
    };

/** Reads the query's `parts` and answers for them. @param parts null or undefined: the query has none */
export async function answerReadiness(
  readiness: Readiness,
  parts: string | null | undefined,
): Promise<ReadinessAnswer> {
  const needed = typeof parts === 'string' ? partsOf(parts) : undefined;
  if (typeof parts === 'string' && needed === undefined) {
    return { code: 'bad-request', detail: PARTS_RULE, unready: false };
  }
  const report = await readiness.report(needed);
  if (report.why === undefined) return { body: readyBody(report) };
  return { code: report.why, detail: unreadyDetail(report), unready: true };
}
