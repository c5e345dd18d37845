/**
 * Who a request comes from, behind reverse proxies that the operator trusts. Each of them adds to `X-Forwarded-For` whom it was
 * asked by, so the header is read from its end, and only as far as those who wrote it are trusted: what a client has written
 * there itself is never reached.
 */
import { BlockList, isIP } from "node:net";

/** Addresses and ranges (`10.0.0.0/8`) as a set. @throws {RangeError} naming the one that is neither */
export function parseAddresses(texts: readonly string[]): BlockList {
  const addresses = new BlockList();
  for (const text of texts) {
    const [, address = "", length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
    const version = isIP(address);
    const longest = version === 6 ? 128 : 32;
    const prefix = Number(length ?? longest);
    if (version === 0 || prefix > longest) {
      throw new RangeError(`startServer: trustedProxies ("${text}") must be an IP address, or a range as "10.0.0.0/8"`);
    }
    addresses.addSubnet(address, prefix, familyOf(address));
  }
  return addresses;
}

/** The address of the first in the chain that is not trusted, or of the last that is where it names nobody. */
export function clientAddress(peer: string, forwardedFor: string | undefined, trustedProxies: BlockList): string {
  const chain = (forwardedFor ?? "").split(",").map((entry) => withoutPort(entry.trim()));
  let address = peer;
  while (trustedProxies.check(address, familyOf(address))) {
    const before = chain.pop() ?? "";
    if (isIP(before) === 0) break;
    address = before;
  }
  return address;
}

/** Some proxies write the port, too. */
function withoutPort(entry: string): string {
  const [, version6, version4] = /^(?:\[(.+)\](?::\d+)?|([\d.]+):\d+)$/.exec(entry) ?? [];
  return version6 ?? version4 ?? entry;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
