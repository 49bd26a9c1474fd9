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

/** A certificate of the same key and host, from an authority whose own certificate no receiver sends: an incomplete chain. */
export const INCOMPLETE_CHAIN = `-----BEGIN CERTIFICATE-----
MIIBhDCCASqgAwIBAgIBAjAKBggqhkjOPQQDAjAXMRUwEwYDVQQDDAxBbiBhdXRo
b3JpdHkwIBcNMDAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBwxGjAYBgNV
BAMMEWhvb2tzLmV4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
0vCb+NekTMZkcSJPOxBP8L3jhG+A5fJfOfscoMQIkaI2HXI+0cQhf3j8gr3L+Un2
yHSjs7Ux/jhbmesI1m78W6NgMF4wHAYDVR0RBBUwE4IRaG9va3MuZXhhbXBsZS5j
b20wHQYDVR0OBBYEFF8AQNrhr/Yuc1Ug0kMPmtuiVFEtMB8GA1UdIwQYMBaAFBZ/
ohN2EcFa9nZoE4rPVkipiFJIMAoGCCqGSM49BAMCA0gAMEUCIQDOE7NTP0itWcvu
R69bNXl+q1mtR9kDJI5ZwJvmDMu9NQIgeLkHOB1d+S46ngSXKlKlF5rAow9u/4Zo
Zc5ZgmZ9hyA=
-----END CERTIFICATE-----
`;

export const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqxQ1ZgeAPH9D0BLL
mcxqeIPjqAsiof/oYKL5rbw80BmhRANCAATS8Jv416RMxmRxIk87EE/wveOEb4Dl
8l85+xygxAiRojYdcj7RxCF/ePyCvcv5SfbIdKOztTH+OFuZ6wjWbvxb
-----END PRIVATE KEY-----
`;
