import { X509Certificate } from 'node:crypto';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import { MINUTE } from '../../lib/platform/clock.ts';
import { WrongSetting } from './wrong-setting.ts';

/** The paths of a certificate and its private key, in PEM. */
export type CertificateFiles = { readonly cert: string; readonly key: string };

/** @property names the host names of the certificate. `*.example.com` covers names such as `gym.example.com`, with one more label. */
export type Certificate = { readonly cert: Buffer; readonly key: Buffer; readonly names: readonly string[] };

/** Reads a certificate with its key. @throws WrongSetting if a file cannot be read, or if certificate and key do not match. */
export function readCertificate(files: CertificateFiles): Certificate {
  const [cert, key] = [readFile('TLS_CERT', files.cert), readFile('TLS_KEY', files.key)];
  try {
    createSecureContext({ cert, key });
    return { cert, key, names: readNames(new X509Certificate(cert)) };
  } catch {
    throw new WrongSetting('TLS_CERT and TLS_KEY must be a certificate and its own private key, both in PEM.');
  }
}

/**
 * Makes a server use a renewed certificate without a restart. Checks the files every `intervalMs` milliseconds.
 *
 * @returns a function that ends the checks.
 */
export function followRenewals(
  server: Server,
  files: CertificateFiles,
  log: (line: string) => void,
  intervalMs: number = MINUTE,
): () => void {
  const renew = () => {
    try {
      server.setSecureContext(readCertificate(files));
      log(JSON.stringify({ level: 'INFO', event: 'certificate-renewed' }));
    } catch {
      // The files are written one after the other, so they may not match yet. After the second write, `renew` is called again.
      log(JSON.stringify({ level: 'WARN', event: 'certificate-not-renewed' }));
    }
  };
  const paths = [files.cert, files.key];
  // `persistent: false` lets the process end while the files are watched.
  for (const path of paths) watchFile(path, { interval: intervalMs, persistent: false }, renew);
  return () => {
    for (const path of paths) unwatchFile(path, renew);
  };
}

function readFile(setting: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw new WrongSetting(`${setting} names a file that cannot be read: ${path}.`);
  }
}

const readNames = ({ subjectAltName = '' }: X509Certificate): readonly string[] =>
  subjectAltName
    .split(', ')
    .filter((name) => name.startsWith('DNS:'))
    .map((name) => name.slice('DNS:'.length).toLowerCase());
