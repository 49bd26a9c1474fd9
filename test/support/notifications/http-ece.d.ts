/** The encrypted content encoding of RFC 8188, by its author: independent of our encryption. */
declare module 'http_ece' {
  import type { ECDH } from 'node:crypto';

  export function decrypt(
    encrypted: Buffer,
    params: { readonly version: 'aes128gcm'; readonly privateKey: ECDH; readonly authSecret: string },
  ): Buffer;
}
