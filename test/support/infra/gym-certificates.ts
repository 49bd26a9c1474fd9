import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Two certificates for gym.example and *.gym.example, each signed by itself and valid for a century, and their keys. Only tests
 * trust them. The keys are no secrets.
 */
export const FIRST = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBqTCCAVCgAwIBAgIUSPBUabJH4Pa3bIVrJt1Ip01NG9wwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLZ3ltLmV4YW1wbGUwIBcNMjYxMTI5MTQzNjI1WhgPMjEyNjEx
MDUxNDM2MjVaMBYxFDASBgNVBAMMC2d5bS5leGFtcGxlMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEkiLLvA1v9PBkv9iQshTrssFb+1f89iDqLHC6IkAsD3QD97s/
1vhUbZZqr0Hr4mFWunkKZWxDFZcfi6JUhszUHqN6MHgwHQYDVR0OBBYEFGTvPdDE
yiK1xoGU+R0vo7Ocjsj2MB8GA1UdIwQYMBaAFGTvPdDEyiK1xoGU+R0vo7Ocjsj2
MA8GA1UdEwEB/wQFMAMBAf8wJQYDVR0RBB4wHIILZ3ltLmV4YW1wbGWCDSouZ3lt
LmV4YW1wbGUwCgYIKoZIzj0EAwIDRwAwRAIgNOKwWrAMUV58e8Fkj6RDhHRlgWOV
hmMoiJenbqEWRosCIGJgpfs/kc5FE/Zs++2WYEWfRsbipOyAaHEVS/+Vxx2S
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgwvBPoviXtQ4r18RW
xRbtWJC4Sa0zLRvJ1t5sLDpayA6hRANCAASSIsu8DW/08GS/2JCyFOuywVv7V/z2
IOoscLoiQCwPdAP3uz/W+FRtlmqvQeviYVa6eQplbEMVlx+LolSGzNQe
-----END PRIVATE KEY-----
`,
};

export const RENEWED = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBqzCCAVCgAwIBAgIUKxtJhhx37XDa4NBr+AhNYdeBODMwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLZ3ltLmV4YW1wbGUwIBcNMjYxMTI5MTQzNjI1WhgPMjEyNjEx
MDUxNDM2MjVaMBYxFDASBgNVBAMMC2d5bS5leGFtcGxlMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAE4Dm58uw+Dug/caLYN/wkZi9txLT82s+GIHjex9Bsrwv8JYDO
s+Dom+AB6qE0p86VFaKWX8P9B3JiFlf4Y5hhEaN6MHgwHQYDVR0OBBYEFESbz3mJ
8xAengcaFh5nWHzATUmKMB8GA1UdIwQYMBaAFESbz3mJ8xAengcaFh5nWHzATUmK
MA8GA1UdEwEB/wQFMAMBAf8wJQYDVR0RBB4wHIILZ3ltLmV4YW1wbGWCDSouZ3lt
LmV4YW1wbGUwCgYIKoZIzj0EAwIDSQAwRgIhAJBgu7o38OYl2kqdiwkthNZ9Wtk9
NVyWqnCrTKq0JHbtAiEAlnlQiylIDMRUtzv0cj/UqiSAJFehDL4Xgp4nc0Jz0Pk=
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgkR0KiVmNl+I6ea/i
PNRRZ7wY3B2eeMnJlypOFUNe3+uhRANCAATgObny7D4O6D9xotg3/CRmL23EtPza
z4YgeN7H0GyvC/wlgM6z4Oib4AHqoTSnzpUVopZfw/0HcmIWV/hjmGER
-----END PRIVATE KEY-----
`,
};

/** Writes a certificate and its key into files. */
export function certificateFiles({ cert, key }: typeof FIRST) {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const write = (content: typeof FIRST) => {
    writeFileSync(files.cert, content.cert);
    writeFileSync(files.key, content.key);
  };
  write({ cert, key });
  return { ...files, write, remove: () => rmSync(folder, { recursive: true }) };
}
