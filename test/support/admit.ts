// `admit` asks a store whether one device may connect.
import type { Admission, AdmissionPort } from '../../src/store/ports/admission.js';
import { hashToken } from '../../src/store/ports/ids.js';

/** Admits one device that presents its token. */
export async function admit(store: AdmissionPort, token: string): Promise<Admission | undefined> {
  const [admission] = await store.connect([hashToken(token)]);
  return admission;
}
