#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

const USAGE = "Usage: oidc-proxy [--help | --version]";

const { values } = parseArgs({ options: { help: { type: "boolean" }, version: { type: "boolean" } } });
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
console.log(values.version ? version : USAGE);
