import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";

const TEXT = "hello ".repeat(100);

/** Node 20 has no zstd of its own: this is the text, encoded. */
const ZSTD = Buffer.from("KLUv/WBYAW0AADBoZWxsbyABAE9SlSI=", "base64");
const CODERS: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  gzip: (bytes) => gzipSync(bytes),
  "x-gzip": (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
  zstd: () => ZSTD,
};

/** The text under these codings, one after the other; of unknown ones the name alone. */
export function encoded(codings: string): Uint8Array {
  return codings
    .split(",")
    .reduce<Uint8Array>((bytes, coding) => CODERS[coding.trim().toLowerCase()]?.(bytes) ?? bytes, Buffer.from(TEXT));
}
