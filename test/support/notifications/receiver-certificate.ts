/**
 * A self-signed certificate for hooks.example.com, valid until 2120, and its key. Only tests trust it, for one connection at a
 * time. The key is no secret.
 */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIBATAKBggqhkjOPQQDAjAcMRowGAYDVQQDDBFob29rcy5l
eGFtcGxlLmNvbTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowHDEa
MBgGA1UEAwwRaG9va3MuZXhhbXBsZS5jb20wWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAATS8Jv416RMxmRxIk87EE/wveOEb4Dl8l85+xygxAiRojYdcj7RxCF/ePyC
vcv5SfbIdKOztTH+OFuZ6wjWbvxbo1AwTjAPBgNVHRMBAf8EBTADAQH/MBwGA1Ud
EQQVMBOCEWhvb2tzLmV4YW1wbGUuY29tMB0GA1UdDgQWBBRfAEDa4a/2LnNVINJD
D5rbolRRLTAKBggqhkjOPQQDAgNIADBFAiEAxjfXeFUt6to+Qo+TG9VPbZ2I2jO0
NFwv2avayxF+DzQCIEilg8Roz6fysr/gE1UIc0tWoJVC17aKWOIJtka9JXjL
-----END CERTIFICATE-----
`;

export const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqxQ1ZgeAPH9D0BLL
mcxqeIPjqAsiof/oYKL5rbw80BmhRANCAATS8Jv416RMxmRxIk87EE/wveOEb4Dl
8l85+xygxAiRojYdcj7RxCF/ePyCvcv5SfbIdKOztTH+OFuZ6wjWbvxb
-----END PRIVATE KEY-----
`;
