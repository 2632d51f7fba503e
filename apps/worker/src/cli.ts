#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { InitError } from "./init/answers.ts";
import { init } from "./init/init.ts";
import { ask, Cancelled } from "./init/questions.ts";

const USAGE = `\
Usage: oidc-proxy init [folder] [options]

  init [folder]   makes a repository of your own for the worker; init --help lists its options
  --version
  --help
`;

const own = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

async function run([command, ...args]: readonly string[]): Promise<void> {
  if (command === "--version") return console.log(own.version);
  if (command === "--help" || command === "-h") return console.log(USAGE);
  if (command !== "init") throw new InitError(`${command === undefined ? "" : `there is no ${command}. `}${USAGE}`);
  await init(args, {
    own,
    currentFolder: process.cwd(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    ask: process.stdin.isTTY && process.stdout.isTTY ? ask : undefined,
    print: (text) => console.log(text),
  });
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  if (error instanceof Cancelled) process.exitCode = 130;
  else if (error instanceof InitError) {
    console.error(`oidc-proxy: ${error.message}`);
    process.exitCode = 2;
  } else throw error;
}
