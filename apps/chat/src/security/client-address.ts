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

/**
 * Whom an address counts as in limits for each client: an IPv4 address is one; of IPv6, whoever has one address has its whole
 * /64 and may come from another each time. IPv4 inside IPv6 (::ffff:1.2.3.4) is the IPv4 address.
 */
export function clientNetwork(address: string): string {
  if (isIP(address) !== 6) return address;
  const [whole = ""] = address.split("%");
  const groups = groupsOf(whole);
  if (groups.slice(0, 6).join(":") === "0:0:0:0:0:ffff") {
    return groups
      .slice(6)
      .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff])
      .join(".");
  }
  return `${groups.slice(0, 4).join(":")}::/64`;
}

/** The eight groups of an IPv6 address in hexadecimal, without leading zeros: the URL parser writes them so. */
function groupsOf(address: string): string[] {
  const written = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = written.split("::");
  const [before, after] = [head, tail ?? ""].map((part) => part.split(":").filter((group) => group !== ""));
  const numZeros = tail === undefined ? 0 : 8 - (before?.length ?? 0) - (after?.length ?? 0);
  return [...(before ?? []), ...Array.from({ length: numZeros }, () => "0"), ...(after ?? [])];
}

/** Some proxies write the port, too. */
function withoutPort(entry: string): string {
  const [, version6, version4] = /^(?:\[(.+)\](?::\d+)?|([\d.]+):\d+)$/.exec(entry) ?? [];
  return version6 ?? version4 ?? entry;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
