import type { Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface Listening {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
  /** Let the process end while this still listens. */
  unref(): void;
}

/** Listen on the loopback interface: on `port` if it is free, else on any free port. */
export async function listen(server: Server, port = 0): Promise<Listening> {
  await bind(server, port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE" || port === 0) throw error;
    return bind(server, 0);
  });
  const { port: bound } = server.address() as AddressInfo;
  const sockets = new Set<Socket>();
  let unreferenced = false;
  server.on("connection", (socket) => {
    if (unreferenced) socket.unref();
    sockets.add(socket.once("close", () => sockets.delete(socket)));
  });
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy(); // upgraded ones too, which the server forgets
      }),
    unref() {
      unreferenced = true;
      server.unref();
      for (const socket of sockets) socket.unref();
    },
  };
}

function bind(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}
