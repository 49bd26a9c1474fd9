import { type Server, connect as tcpConnect } from 'node:net';
import { createServer, getCACertificates, type SecureVersion, setDefaultCACertificates } from 'node:tls';
import { CERTIFICATE, KEY } from './http/certificate.ts';

/** Starts a server in front of a simulator that ends TLS. @param onHandshake is told whether a TLS session was resumed. */
export async function startTlsFront(
  target: number,
  version: SecureVersion = 'TLSv1.3',
  onHandshake: (isResumed: boolean) => void = () => undefined,
): Promise<number> {
  const server = createServer({ cert: CERTIFICATE, key: KEY, minVersion: version, maxVersion: version }, (socket) => {
    onHandshake(socket.isSessionReused());
    const simulator = tcpConnect(target, '127.0.0.1');
    for (const one of [socket, simulator]) one.setNoDelay(true).on('error', () => undefined);
    socket.pipe(simulator).pipe(socket);
    socket.once('close', () => simulator.destroy());
    simulator.once('close', () => socket.destroy());
  });
  return listening(server);
}

/** Listens on a free port of this machine. @returns the port. */
export const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });

/** Makes this process trust the benchmarks' certificate. */
export const trustCertificate = (): void => setDefaultCACertificates([...getCACertificates('default'), CERTIFICATE]);
