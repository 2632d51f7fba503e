export { default, LimiterObject } from "@org/oidc-proxy";
