import { execFileSync } from "node:child_process";

export interface Process {
  pid: number;
  parent: number;
  groupId: number;
  rssBytes: number;
  name: string;
}

/** Every process that lives on this machine; the dead whom nobody has buried yet are not among them. */
export function listProcesses(): Process[] {
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,rss=,stat=,comm="], { encoding: "utf8" });
  return table.split("\n").flatMap((line) => {
    const [, pid, parent, groupId, rss, state, name] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (name === undefined || state?.startsWith("Z")) return [];
    const rssBytes = Number(rss) * 1024;
    return [{ pid: Number(pid), parent: Number(parent), groupId: Number(groupId), rssBytes, name }];
  });
}

/** The workerd processes of a group. */
export function workerdOf(groupId: number): Process[] {
  return listProcesses().filter((process) => process.groupId === groupId && process.name.includes("workerd"));
}

/** A process and all that it has started, directly or not. */
export function familyOf(pid: number): Process[] {
  const all = listProcesses();
  const children = (parent: Process): Process[] => [
    parent,
    ...all.filter((process) => process.parent === parent.pid).flatMap(children),
  ];
  return all.filter((process) => process.pid === pid).flatMap(children);
}
