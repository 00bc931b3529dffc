import { type FailureDetails, ShakedownError } from '../../common/errors.ts';

/** The connection to a node broke while something was under way on it. Always verdict `error`. */
export class ConnectionLostError extends ShakedownError {
  constructor(details: FailureDetails, options?: ErrorOptions) {
    super({ ...details, verdict: 'error' }, options);
    this.name = 'ConnectionLostError';
  }
}
