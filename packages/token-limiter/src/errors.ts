/** `limiter_unavailable`: the limiter's backend failed, so nobody can say whether the caller may go on. Refuse the caller. */
export type LimiterErrorCode = "limiter_unavailable";

/** The limiter itself failed. A denial is never an error: it is a {@link Decision}. */
export class LimiterError extends Error {
  override readonly name = "LimiterError";
  /** What is wrong, for programs. */
  readonly code: LimiterErrorCode;
  /** The HTTP status to answer with: our outage, not the caller's fault. */
  readonly status = 503;

  /** `cause` is what the backend threw. The message is safe to show; the cause is for the log. */
  constructor(message: string = "Limiter unavailable", options?: ErrorOptions) {
    super(message, options);
    this.code = "limiter_unavailable";
  }
}
