import { describe, expect, it } from "vitest";
import { clientAddress, clientNetwork, parseAddresses } from "./client-address.ts";

describe("clientAddress", () => {
  const trusted = parseAddresses(["10.0.0.0/8", "192.0.2.1", "fd00::/8"]);

  it.each([
    ["a stranger, whatever he writes", "203.0.113.9", "198.51.100.7", "203.0.113.9"],
    ["a client of a proxy", "10.1.2.3", "198.51.100.7", "198.51.100.7"],
    ["a client of a proxy, who wrote others before", "10.1.2.3", "1.2.3.4, 10.0.0.1, 198.51.100.7", "198.51.100.7"],
    ["a client of two proxies", "192.0.2.1", "1.2.3.4,198.51.100.7 , 10.9.9.9", "198.51.100.7"],
    ["a proxy itself", "10.1.2.3", undefined, "10.1.2.3"],
    ["a proxy that does not know its client", "10.1.2.3", "198.51.100.7, unknown", "10.1.2.3"],
    ["a proxy behind proxies", "10.1.2.3", "10.0.0.7", "10.0.0.7"],
    ["a client with a port", "10.1.2.3", "198.51.100.7:4711", "198.51.100.7"],
    ["a client of version 6", "fd00::1", "2001:db8::7", "2001:db8::7"],
    ["a client of version 6 with a port", "fd00::1", "[2001:db8::7]:4711", "2001:db8::7"],
    ["a client of a proxy on a socket for both versions", "::ffff:10.1.2.3", "198.51.100.7", "198.51.100.7"],
    ["a client on a socket without an address", "unknown", "198.51.100.7", "unknown"],
  ])("is that of %s", (_, peer, forwardedFor, address) => {
    expect(clientAddress(peer, forwardedFor, trusted)).toBe(address);
  });

  it.each(["", "proxy", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "::/129", "1.2.3.4/8/8"])("takes no %j", (text) => {
    expect(() => parseAddresses(["10.0.0.1", text])).toThrow(`trustedProxies ("${text}") must be an IP address`);
  });
});

describe("clientNetwork", () => {
  it.each([
    ["203.0.113.9", "203.0.113.9"],
    ["unknown", "unknown"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::", "2001:db8:1:2::/64"],
    ["2001:db8::7", "2001:db8:0:0::/64"],
    ["2001:0db8:0000:0000:ffff::1", "2001:db8:0:0::/64"],
    ["2001:db8:0:1::7", "2001:db8:0:1::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::ffff:203.0.113.9", "203.0.113.9"],
    ["::ffff:cb00:7109", "203.0.113.9"],
  ])("of %s is %s", (address, network) => {
    expect(clientNetwork(address)).toBe(network);
  });
});
