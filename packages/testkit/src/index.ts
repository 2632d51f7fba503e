export type { ScriptedAnswer } from "./scripted-answer.ts";
