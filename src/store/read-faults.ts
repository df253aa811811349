/** Which of the faults of one read says why it has failed. */
import type {SmError} from '../model/errors.ts';

export class ReadFaults {
  private readonly limitMs: number;
  private refusal: SmError | undefined;
  private patient: SmError | undefined;
  private last: SmError | undefined;

  /** `limitMs`: time of the whole read. */
  constructor(limitMs: number) {
    this.limitMs = limitMs;
  }

  /** `givenMs`: how long this attempt could have taken. */
  take(fault: SmError, givenMs: number): void {
    // A fault of TLS says more than the end of the time.
    if (fault.code === 'STORE_AUTH') this.refusal = fault;
    // The last moments of a read are too short to find out anything: "timed out after 0.0 s" hides who refused before.
    if (givenMs >= this.limitMs / 2) this.patient = fault;
    this.last = fault;
  }

  /** After at least one fault. */
  get clearest(): SmError | undefined {
    return this.refusal ?? this.patient ?? this.last;
  }
}
