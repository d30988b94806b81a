# SPDX-License-Identifier: Apache-2.0
"""Random but valid messages of every type, written by dnspython."""

import base64
import ipaddress

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

PER_TYPE = 12

# Types whose data is names only and which dnspython keeps as bytes.
NAME_ONLY = {3: 1, 4: 1, 7: 1, 8: 1, 9: 1, 14: 2}


class Writer:
    def __init__(self, random):
        self.random = random
        self.types = {
            "A": self.ipv4, "NS": self.name, "CNAME": self.name,
            "SOA": lambda: f"{self.name()} {self.name()} {self.numbers(32, 5)}",
            "PTR": self.name, "HINFO": lambda: f"{self.text()} {self.text()}",
            "MX": self.preferred_name, "TXT": self.texts,
            "RP": lambda: f"{self.name()} {self.name()}",
            "AFSDB": self.preferred_name, "X25": lambda: '"311061700956"',
            "RT": self.preferred_name,
            "PX": lambda: f"{self.number(16)} {self.name()} {self.name()}",
            "AAAA": self.ipv6, "LOC": self.loc,
            "SRV": lambda: f"{self.numbers(16, 3)} {self.name()}",
            "NAPTR": lambda: f"{self.numbers(16, 2)} {self.text()} {self.text()}"
                             f" {self.text()} {self.name()}",
            "KX": self.preferred_name, "DNAME": self.name,
            "DS": lambda: f"{self.number(16)} 13 2 {self.hex(32)}",
            "SSHFP": lambda: f"{self.number(8)} 9 {self.hex(20)}",
            "RRSIG": lambda: f"A {self.numbers(8, 2)} {self.number(31)}"
                             f" {self.time()} {self.time()} {self.number(16)}"
                             f" {self.name()} {self.base64()}",
            "NSEC": lambda: f"{self.name()} {self.bitmap()}",
            "DNSKEY": lambda: f"257 3 {self.number(8)} {self.base64()}",
            "DHCID": self.base64,
            "NSEC3": lambda: f"1 {self.number(8)} {self.number(16)}"
                             f" {self.salt()} {self.base32()} {self.bitmap()}",
            "NSEC3PARAM": lambda: f"1 0 {self.number(16)} {self.salt()}",
            "TLSA": lambda: f"{self.numbers(8, 3)} {self.hex(32)}",
            "SMIMEA": lambda: f"{self.numbers(8, 3)} {self.hex(32)}",
            "CDS": lambda: f"{self.number(16)} 13 2 {self.hex(32)}",
            "CDNSKEY": lambda: f"257 3 {self.number(8)} {self.base64()}",
            "OPENPGPKEY": self.base64,
            "CSYNC": lambda: f"{self.number(32)} {self.number(16)} {self.bitmap()}",
            "ZONEMD": lambda: f"{self.number(32)} 1 1 {self.hex(48)}",
            "SVCB": self.svcb, "HTTPS": self.svcb, "SPF": self.texts,
            "NID": lambda: f"{self.number(16)} 0014:4fff:ff20:{self.hex(2)}",
            "L32": lambda: f"{self.number(16)} {self.ipv4()}",
            "L64": lambda: f"{self.number(16)} 2001:0db8:1140:{self.hex(2)}",
            "LP": self.preferred_name,
            "URI": lambda: f"{self.numbers(16, 2)} {self.text(1)}",
            "CAA": lambda: f"{self.number(8)} issue {self.text()}",
            "TYPE65280": lambda: self.unknown(),
            "NULL": lambda: self.unknown(),
        }

    def number(self, bits):
        return self.random.getrandbits(bits)

    def numbers(self, bits, count):
        return " ".join(str(self.number(bits)) for _ in range(count))

    def hex(self, size):
        return self.random.randbytes(size).hex()

    def base64(self):
        size = self.random.randint(1, 90)
        return base64.b64encode(self.random.randbytes(size)).decode()

    def base32(self):
        # RFC 4648's alphabet of base32hex, as dnspython reads it.
        text = base64.b32hexencode(self.random.randbytes(20)).decode()
        return text.lower().rstrip("=")

    def salt(self):
        return self.hex(self.random.randint(1, 8)) if self.number(1) else "-"

    def ipv4(self):
        return str(ipaddress.IPv4Address(self.number(32)))

    def ipv6(self):
        address = self.number(128) & self.random.choice([~0, ~0 << 80, 0xFFFF])
        return str(ipaddress.IPv6Address(address))

    def time(self):
        return f"20{self.random.randint(10, 99)}0{self.random.randint(1, 9)}17112233"

    def bitmap(self):
        return self.random.choice(["A", "A NS SOA MX RRSIG NSEC", "A CAA TYPE65280"])

    def label(self):
        alphabet = "abcXYZ0123456789-_"
        return "".join(self.random.choices(alphabet, k=self.random.randint(1, 12)))

    def name(self):
        base = self.random.choice(["Example.com.", "example.ORG.", "a.b.c.test."])
        return ".".join(self.label() for _ in range(self.random.randint(1, 4))) + "." + base

    def odd_name(self):
        labels = [self.random.randbytes(self.random.randint(1, 8)) for _ in range(3)]
        return dns.name.Name(labels + [b""])

    def preferred_name(self):
        return f"{self.number(16)} {self.name()}"

    def text(self, least=0):
        size = self.random.randint(least, 12)
        odd = self.random.randbytes(size)
        return '"' + "".join(f"\\{byte:03d}" for byte in odd) + '"'

    def texts(self):
        return " ".join(self.text() for _ in range(self.random.randint(1, 4)))

    def loc(self):
        return (f"{self.random.randint(0, 89)} {self.random.randint(0, 59)} "
                f"{self.random.randint(0, 59)}.{self.random.randint(0, 999):03d} "
                f"{self.random.choice('NS')} {self.random.randint(0, 179)} 8 18.611 "
                f"{self.random.choice('EW')} {self.random.randint(-900, 900)}m "
                f"1m 10000m 10m")

    def svcb(self):
        parts = [f"{self.random.randint(1, 9)}", self.random.choice([".", self.name()])]
        possible = ['alpn="h2,h3"', "port=8443",
                    f"ipv4hint={self.ipv4()},{self.ipv4()}", f"ech={self.base64()}",
                    f"ipv6hint={self.ipv6()}", 'key7="/dns{?x}"', "key65000=abc"]
        parts += [part for part in possible if self.number(1)]
        return " ".join(parts)

    def unknown(self):
        size = self.random.randint(0, 20)
        return f"\\# {size} {self.hex(size)}"

    def rdata(self, rdtype):
        if int(rdtype) in NAME_ONLY:
            wire = b"".join(dns.name.from_text(self.name()).to_wire()
                            for _ in range(NAME_ONLY[int(rdtype)]))
            return dns.rdata.GenericRdata(dns.rdataclass.IN, rdtype, wire)
        text = self.types[dns.rdatatype.to_text(rdtype)]()
        return dns.rdata.from_text("IN", rdtype, text)

    def response(self, owner, rdtype, rdatas):
        flags = dns.flags.QR
        for flag in (dns.flags.AA, dns.flags.RD, dns.flags.RA, dns.flags.AD,
                     dns.flags.CD, dns.flags.TC):
            flags |= flag if self.number(1) else 0
        message = dns.message.Message(self.number(16))
        message.flags = flags
        message.find_rrset(message.question, owner, dns.rdataclass.IN, rdtype,
                           create=True, force_unique=True)
        rcode = self.random.choice([0, 0, 0, 2, 3, 5])
        if self.number(1):
            message.use_edns(0, self.random.choice([0, dns.flags.DO]), 1232)
            rcode = self.random.choice([0, 3, 16, 23])
        message.set_rcode(rcode)
        for rdata in rdatas:
            section = self.random.choice(
                [message.answer, message.answer, message.authority, message.additional])
            rrset = message.find_rrset(section, owner, dns.rdataclass.IN, rdtype,
                                       create=True, force_unique=True)
            rrset.add(rdata, self.number(31))
        return message.to_wire(max_size=65535)

    def chain(self):
        """A CNAME chain in random order that ends in addresses."""
        names = [dns.name.from_text(self.name())
                 for _ in range(self.random.randint(2, 9))]
        message = dns.message.Message(self.number(16))
        message.flags = dns.flags.QR | dns.flags.RD
        message.find_rrset(message.question, names[0], 1, 1, create=True)
        rrsets = [dns.rrset.from_rdata(a, 60, dns.rdata.from_text("IN", "CNAME", b.to_text()))
                  for a, b in zip(names, names[1:], strict=False)]
        addresses = [self.ipv4() for _ in range(3)]
        rrsets.append(dns.rrset.from_text(names[-1], 60, "IN", "A", *addresses))
        self.random.shuffle(rrsets)
        message.answer = rrsets
        return message.to_wire(max_size=65535)

    def query(self):
        message = dns.message.make_query(
            self.name(), self.random.choice(list(self.types)), use_edns=bool(self.number(1)),
            id=self.number(16))
        return message.to_wire()

    def messages(self):
        """(label, wire) of everything."""
        for number in [*NAME_ONLY, *map(dns.rdatatype.from_text, self.types)]:
            rdtype = dns.rdatatype.RdataType.make(number)
            for i in range(PER_TYPE):
                # Odd bytes in every third owner.
                owner = self.odd_name() if i % 3 == 2 else dns.name.from_text(self.name())
                rdatas = [self.rdata(rdtype) for _ in range(1 + i % 3)]
                yield dns.rdatatype.to_text(rdtype), self.response(owner, rdtype, rdatas)
        for _ in range(PER_TYPE):
            yield "chain", self.chain()
            yield "query", self.query()
