// The whole worker. @org/oidc-proxy/compose has the parts, for one of your own.
export { default, LimiterObject } from "@org/oidc-proxy";
