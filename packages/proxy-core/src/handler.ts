/** What every server on web standards can mount: a request in, a response out. */
export type Handler = (request: Request) => Promise<Response>;

/** Something that the operator should know and the caller should not. It never carries a secret. */
export type ProxyEvent =
  /** The upstream answered with a header that repeats a secret of the route; it was not passed on. `header` does not quote a name that does. */
  | { type: "header_dropped"; route: string; header: string }
  /** The upstream refused a key with 401, and passed the same request with another: that one is used from now on. */
  | { type: "key_rejected"; route: string; keyIndex: number };
