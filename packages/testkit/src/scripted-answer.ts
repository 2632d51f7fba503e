/** What a test asks the upstream to answer, as JSON in the request header `x-answer`. */
export interface ScriptedAnswer {
  /** Default 200. */
  status?: number;
  /** `[name, value]`, repeated names apart. */
  headers?: [string, string][];
  body?: string;
  /** Never answer. */
  hang?: boolean;
  /** Break the connection without a byte. */
  drop?: boolean;
  /** Break the connection after the body. */
  reset?: boolean;
}
