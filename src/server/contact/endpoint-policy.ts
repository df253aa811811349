/** Which registered endpoints a daemon will talk to: a container must not make it call anything else. */
import {BlockList, isIP} from 'node:net';
import {PORT_LIMIT} from '../../model/limits.ts';

const never = new BlockList();
never.addSubnet('169.254.0.0', 16, 'ipv4');
never.addSubnet('224.0.0.0', 4, 'ipv4');
never.addSubnet('0.0.0.0', 8, 'ipv4');
never.addAddress('255.255.255.255', 'ipv4');
never.addAddress('100.100.100.200', 'ipv4');
never.addAddress('192.0.0.192', 'ipv4');
never.addAddress('168.63.129.16', 'ipv4');
never.addAddress('fd00:ec2::254', 'ipv6');
// IPv4 addresses inside of others: a gateway would call what is refused here.
never.addSubnet('64:ff9b::', 96, 'ipv6');
never.addSubnet('64:ff9b:1::', 48, 'ipv6');
never.addSubnet('2002::', 16, 'ipv6');
never.addSubnet('2001::', 32, 'ipv6');
never.addSubnet('fe80::', 10, 'ipv6');
never.addSubnet('ff00::', 8, 'ipv6');
never.addAddress('::', 'ipv6');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const LOOPBACK_REFUSED = 'loopback address, but this daemon does not listen on loopback';

const ENDPOINT = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]{1,253})):(\d{1,5})$/;

/** Why the endpoint (`host:port`) is refused, or undefined when it may be called. */
export function refusedEndpoint(
  endpoint: string,
  allowLoopback: boolean,
  networks?: BlockList,
): string | undefined {
  const match = ENDPOINT.exec(endpoint);
  if (match === null) return 'not of the form host:port';
  const port = Number(match[3]);
  if (port < 1 || port > PORT_LIMIT) return 'port out of range';
  const host = unmapped(match[1] ?? match[2] ?? '');
  return isIP(host) === 0
    ? refusedName(host, allowLoopback)
    : refusedAddress(host, allowLoopback, networks);
}

/** What of the addresses that containers register is called. */
export interface EndpointRules {
  /** Loopback addresses are only believed by a daemon that is itself on loopback. */
  readonly allowLoopback: boolean;
  /** The only networks that are called. Absent: all. */
  readonly networks?: BlockList | undefined;
  /** Only containers that speak TLS are called. Default false. */
  readonly tlsRequired?: boolean;
}

/** As `refusedEndpoint`, of what a container that calls itself has registered: `host:port`, or `https://host:port`. */
export function refusedRegistration(endpoint: string, rules: EndpointRules): string | undefined {
  if (!HTTPS.test(endpoint)) return refusedPlain(endpoint, rules);
  return refusedEndpoint(endpoint.replace(HTTPS, ''), rules.allowLoopback, rules.networks);
}

/** The same of an endpoint (`host:port`) that speaks no TLS: that of any push container. */
export function refusedPlain(
  endpoint: string,
  {allowLoopback, networks, tlsRequired = false}: EndpointRules,
): string | undefined {
  const refused = refusedEndpoint(endpoint, allowLoopback, networks);
  if (refused !== undefined || !tlsRequired) return refused;
  return 'it offers no TLS, and containerTls.required asks for it';
}

/** The URL behind which a registered endpoint is called. `secure`: an endpoint without a scheme speaks TLS. Default false. */
export function urlOfEndpoint(endpoint: string, secure = false): string {
  if (HTTPS.test(endpoint)) return endpoint;
  return `${secure ? 'https' : 'http'}://${endpoint}`;
}

const HTTPS = /^https:\/\//;

/**
 * Why an IP address is refused, or undefined when it may be called. A name is only as good as what it resolves to. `networks`: the only ones
 * that are called; absent: all that are not refused by themselves.
 */
export function refusedAddress(
  address: string,
  allowLoopback: boolean,
  networks?: BlockList,
): string | undefined {
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
  if (never.check(address, family)) return 'link-local, metadata, multicast or unspecified address';
  if (!allowLoopback && loopback.check(address, family)) return LOOPBACK_REFUSED;
  if (networks !== undefined && !networks.check(address, family))
    return 'address outside of containerNetworks';
  return undefined;
}

/** The networks (CIDR, checked by the configuration) as one list; undefined: there is none. */
export function networkList(networks: readonly string[] | undefined): BlockList | undefined {
  if (networks === undefined) return undefined;
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), isIP(address) === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

function refusedName(host: string, allowLoopback: boolean): string | undefined {
  // URL takes hexadecimal, octal and short numbers for addresses.
  if (!URL.canParse(`http://${host}`)) return 'not a valid host name';
  if (isIP(new URL(`http://${host}`).hostname) !== 0)
    return 'an IP address in a non-standard notation';
  return !allowLoopback && host.toLowerCase() === 'localhost' ? LOOPBACK_REFUSED : undefined;
}

/** An IPv4 address dressed as IPv6 is checked as what it is. */
function unmapped(host: string): string {
  const match = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host);
  return match?.[1] ?? host;
}
