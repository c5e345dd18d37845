/** Which addresses belong to the public internet. Everything else may lead into the operator's own network. */
import { BlockList, isIPv4, isIPv6 } from "node:net";

/** Special-purpose blocks of RFC 6890 and its successors, multicast, and the ways to write IPv4 inside IPv6. */
const BLOCKS: readonly [string, number, "ipv4" | "ipv6"][] = [
  ["0.0.0.0", 8, "ipv4"],
  ["10.0.0.0", 8, "ipv4"],
  ["100.64.0.0", 10, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["172.16.0.0", 12, "ipv4"],
  ["192.0.0.0", 24, "ipv4"],
  ["192.0.2.0", 24, "ipv4"],
  ["192.88.99.0", 24, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["198.18.0.0", 15, "ipv4"],
  ["198.51.100.0", 24, "ipv4"],
  ["203.0.113.0", 24, "ipv4"],
  ["224.0.0.0", 3, "ipv4"],
];

const forbidden = new BlockList();
for (const [address, prefix, family] of BLOCKS) forbidden.addSubnet(address, prefix, family);

/** Global unicast IPv6, without what it holds that is not the public internet. */
const globalIpv6 = new BlockList();
globalIpv6.addSubnet("2000::", 3, "ipv6");
const forbiddenIpv6 = new BlockList();
forbiddenIpv6.addSubnet("2001::", 23, "ipv6");
forbiddenIpv6.addSubnet("2001:db8::", 32, "ipv6");
forbiddenIpv6.addSubnet("2002::", 16, "ipv6");
forbiddenIpv6.addSubnet("3fff::", 20, "ipv6");

/** True for a unicast address of the public internet. IPv4 inside IPv6 (mapped, translated) is not. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !forbidden.check(address, "ipv4");
  return isIPv6(address) && globalIpv6.check(address, "ipv6") && !forbiddenIpv6.check(address, "ipv6");
}
