import { errorShapes, type Refusal } from "./error-shapes.ts";
import { type PresetName, presets } from "./presets.ts";

/**
 * An answer of the proxy's own: on a route with a preset in that API's error shape, so that its SDKs show text and code, else
 * `{"error":"<text>"}`. The code stands in the header `x-oidc-proxy-error`, too. Never stored by a cache.
 *
 * @param route - The route that the request is for; left out where none is known.
 */
export function answerRefusal(refusal: Refusal, route?: { preset?: PresetName }): Response {
  const { status, code, text, headers } = refusal;
  const shape = route?.preset && presets[route.preset].errors;
  const { body, headers: shaped } = shape ? errorShapes[shape](refusal) : { body: { error: text } };
  return Response.json(body, {
    status,
    headers: { "cache-control": "no-store", "x-oidc-proxy-error": code, ...shaped, ...headers },
  });
}
