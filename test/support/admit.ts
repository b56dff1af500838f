import { hashToken } from '../../src/store/ids.js';
import type { Admission, AdmissionPort } from '../../src/store/ports.js';

/** One device that presents its token. */
export async function admit(store: AdmissionPort, token: string): Promise<Admission | undefined> {
  const [admission] = await store.connect([hashToken(token)]);
  return admission;
}
