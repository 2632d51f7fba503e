export interface PassThroughEnv {
  UPSTREAM_URL: string;
}

/** The least that a proxy does. */
export function passThrough(request: Request, { UPSTREAM_URL }: PassThroughEnv): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  return fetch(UPSTREAM_URL + pathname + search, request);
}

export default { fetch: passThrough };
