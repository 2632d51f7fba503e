import { spread } from "./rounds.ts";

export interface Results {
  cpu: Readonly<Record<string, readonly number[]>>;
  first: Readonly<Record<string, readonly number[]>>;
  refusals: Readonly<Record<string, readonly number[]>>;
}

const BAR = 22;
const LEFT = 150;
const WIDTH = 760;

interface Bar {
  label: string;
  values: readonly number[];
  colour: string;
}

/** Bars of CPU time, as multiples of the bare pass-through; a line where half of all rounds lie. */
export function plot({ cpu, first, refusals }: Results): string {
  const unit = spread(cpu["pass-through"] ?? []).median;
  const groups: [string, Bar[]][] = [
    ["A token seen before", bars(cpu)],
    ["A first request", bars(first)],
    ["A refusal", bars(refusals)],
  ];
  const longest = Math.max(...groups.flatMap(([, list]) => list.map(({ values }) => spread(values).high))) / unit;
  const x = (multiple: number) => LEFT + (multiple / longest) * (WIDTH - LEFT - 60);
  const parts: string[] = [];
  let y = 40;
  for (const [title, list] of groups) {
    parts.push(`<text x="10" y="${y + 14}" font-weight="bold">${title}</text>`);
    y += BAR;
    for (const { label, values, colour } of list) {
      const { median, low, high } = spread(values.map((value) => value / unit));
      parts.push(
        `<text x="${LEFT - 8}" y="${y + 14}" text-anchor="end">${label}</text>`,
        `<rect x="${LEFT}" y="${y + 3}" width="${(x(median) - LEFT).toFixed(1)}" height="${BAR - 7}" fill="${colour}"/>`,
        `<line x1="${x(low).toFixed(1)}" x2="${x(high).toFixed(1)}" y1="${y + 10.5}" y2="${y + 10.5}" stroke="#333"/>`,
        `<text x="${(x(high) + 6).toFixed(1)}" y="${y + 14}">${median.toFixed(2)}</text>`,
      );
      y += BAR;
    }
    y += 12;
  }
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" font-family="system-ui, sans-serif" font-size="13" fill="#222">`;
  const title =
    "CPU time of the worker per request, as a multiple of a bare pass-through (median; line: where half of all rounds lie)";
  const caption = `<text x="10" y="20">${title}</text>`;
  return `${head}\n<title>${title}</title>\n<rect width="100%" height="100%" fill="#fff"/>\n${caption}\n${parts.join("\n")}\n</svg>\n`;
}

function bars(results: Readonly<Record<string, readonly number[]>>): Bar[] {
  return Object.entries(results).map(([label, values]) => ({
    label,
    values,
    colour: label === "proxy" || !(label === "pass-through" || label.startsWith("+")) ? "#3b76c4" : "#b5bac2",
  }));
}
