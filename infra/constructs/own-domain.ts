import { ApiMapping, DomainName, type HttpApi, type HttpStage, SecurityPolicy } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import type { DeploymentOptions } from '../options.ts';

/**
 * Gives the API a name of the operator's (options `domainName`, `certificateArn`). With `hostedZoneId`, Route 53 gets its records;
 * otherwise the operator points the name at the output `DomainTarget`.
 *
 * @returns the name, and where it must point; undefined if the option names none.
 */
export function ownDomain(scope: Construct, api: HttpApi, stage: HttpStage, options: DeploymentOptions) {
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
        ...{ hostedZoneId, type, name: domainName },
        aliasTarget: { dnsName: target, hostedZoneId: domain.regionalHostedZoneId },
      });
  return { name: domainName, target };
}
