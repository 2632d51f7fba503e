import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel, type IConfigFile } from "@microsoft/api-extractor";
import type { Entry } from "./entries.ts";

/** What an entry declares, as one sorted text, with what its declarations mention and do not export. */
export function readSurface({ folder, declarations, snapshot }: Entry): string {
  if (!existsSync(declarations)) throw new Error(`${declarations} is not there: build first`);
  const out = mkdtempSync(join(tmpdir(), "api-"));
  try {
    const config = ExtractorConfig.prepare({
      configObject: configure(folder, declarations, out, snapshot),
      configObjectFullPath: undefined,
      packageJsonFullPath: join(folder, "package.json"),
    });
    const { succeeded } = Extractor.invoke(config, {
      localBuild: true,
      messageCallback(message) {
        const noise = message.logLevel !== ExtractorLogLevel.Error && message.logLevel !== ExtractorLogLevel.Warning;
        message.handled = noise || message.messageId === "console-api-report-created";
      },
    });
    if (!succeeded) throw new Error(`${declarations}: API Extractor cannot read it`);
    return readFileSync(join(out, snapshot), "utf8");
  } finally {
    rmSync(out, { recursive: true });
  }
}

function configure(projectFolder: string, mainEntryPointFilePath: string, out: string, reportFileName: string) {
  const silent = { default: { logLevel: ExtractorLogLevel.None } };
  return {
    projectFolder,
    mainEntryPointFilePath,
    compiler: {
      overrideTsconfig: {
        extends: join(projectFolder, "tsconfig.build.json"),
        compilerOptions: { typeRoots: [join(projectFolder, "node_modules")] }, // else `types` are looked for where we are
        files: [mainEntryPointFilePath],
        include: [],
      },
    },
    newlineKind: "lf",
    apiReport: {
      enabled: true,
      reportFolder: out,
      reportTempFolder: join(out, "temporary"),
      reportFileName,
      includeForgottenExports: true,
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    // Comments are checked where the reference is made of them.
    messages: { extractorMessageReporting: silent, tsdocMessageReporting: silent },
  } satisfies IConfigFile;
}
