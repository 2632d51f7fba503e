import { type PresetName, presets } from "@org/proxy-core";

/** A route of `ROUTES`, as far as the stage needs to know it: the worker is the one that checks it. */
interface Route {
  prefix?: string;
  host?: string;
  preset?: string;
  allow?: string[];
  trust?: unknown;
}

/** A request that a route lets through, once its token is accepted. */
export interface Entrance {
  method: string;
  /** With the route's prefix. */
  path: string;
  /** The route is for this host only. */
  host?: string | undefined;
  /** Whether the route has trust rules of its own. */
  isTrustItsOwn: boolean;
}

/** The routes of a setting; none if it cannot be read, which the worker will say. */
function routesOf(setting: string): Route[] {
  try {
    return JSON.parse(setting).filter((route: unknown) => typeof route === "object" && route !== null);
  } catch {
    return [];
  }
}

/** A way into each route of the setting. */
export function entrancesOf(setting: string): Entrance[] {
  return routesOf(setting).map(({ prefix = "", host, preset, allow, trust }) => {
    const rules = (Array.isArray(allow) ? allow : allowedBy(preset)).map(String);
    const rule = rules.find((each) => each.startsWith("GET ")) ?? rules[0] ?? "GET /";
    const [method = "", path = ""] = rule.replace(/^\*/, "GET").split(" ");
    return { method, path: prefix + path.replaceAll(/\*+/g, "x"), host, isTrustItsOwn: trust !== undefined };
  });
}

function allowedBy(preset: string | undefined): readonly string[] {
  return preset !== undefined && Object.hasOwn(presets, preset) ? presets[preset as PresetName].allow : [];
}
