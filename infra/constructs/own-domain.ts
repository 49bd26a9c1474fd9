import { ApiMapping, DomainName, type HttpApi, type HttpStage, SecurityPolicy } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import type { DeploymentOptions } from '../options.ts';

/**
 * Gives the API the operator's domain name (options `domainName`, `certificateArn`). With `hostedZoneId`, it also creates the
 * records in Route 53; otherwise the operator points the name at the output `DomainTarget`.
 *
 * @returns the domain name, and the host name that it must point at; undefined without the options.
 */
export function addOwnDomain(scope: Construct, api: HttpApi, stage: HttpStage, options: DeploymentOptions) {
  const { domainName, certificateArn, hostedZoneId } = options;
  if (!domainName || !certificateArn) return undefined;
  const domain = new DomainName(scope, 'Domain', {
    domainName,
    certificate: Certificate.fromCertificateArn(scope, 'Certificate', certificateArn),
    securityPolicy: SecurityPolicy.TLS_1_2,
  });
  new ApiMapping(scope, 'Mapping', { api, stage, domainName: domain });
  const target = domain.regionalDomainName;
  if (hostedZoneId)
    for (const type of ['A', 'AAAA'])
      new CfnRecordSet(scope, `Record${type}`, {
        hostedZoneId,
        type,
        name: domainName,
        aliasTarget: { dnsName: target, hostedZoneId: domain.regionalHostedZoneId },
      });
  return { name: domainName, target };
}
